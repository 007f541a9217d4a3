import { setTimeout as sleep } from 'node:timers/promises';
import { isRetryable, translateError } from './database.errors.js';

const attempts = 4;

/** The one place where a transaction that lost against others is run again. */
export async function retrying<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run();
    } catch (error) {
      if (attempt === attempts || !isRetryable(error)) throw translateError(error);
      await sleep(Math.random() * 10 * 2 ** attempt);
    }
  }
}
