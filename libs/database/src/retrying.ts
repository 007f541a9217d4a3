import { tracingChannel } from 'node:diagnostics_channel';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRetryable, translateError } from './database.errors.js';
import type { Login } from './login.js';

const attempts = 4;
const channel = tracingChannel('acci:transaction');

/** The one place where a transaction that lost against others is run again. `readOnly`: it was asked to be so. */
export async function retrying<T>(run: () => Promise<T>, readOnly = false): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run();
    } catch (error) {
      if (attempt === attempts || !isRetryable(error)) throw translateError(error, readOnly);
      await sleep(Math.random() * 10 * 2 ** attempt);
    }
  }
}

/** Lets whoever listens follow a transaction. */
export function traced<T>(login: Login, tenantId = '', reason = '', run: () => Promise<T>): Promise<T> {
  if (!channel.hasSubscribers) return run();
  const attributes = { 'acci.role': login.role, 'acci.tenant': tenantId, 'acci.reason': reason };
  return channel.tracePromise(run, { name: 'transaction', attributes });
}
