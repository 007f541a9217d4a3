import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '@acci/database';
import { ConsistencyViolated } from '../command/command.errors.js';
import { StreamConflict } from '../event-store.errors.js';

/**
 * Runs a decision, and anew when somebody else was faster. Not inside an open transaction, which a conflict ends.
 *
 * @throws {StreamConflict} {@link ConsistencyViolated} when all attempts are used up.
 */
export async function retryConflicts<T>(
  database: Database,
  attempts: number,
  decide: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await decide();
    } catch (error) {
      if (!isLostRace(error) || attempt >= attempts || database.current) throw error;
      await sleep(Math.random() * 5 * 2 ** attempt);
    }
  }
}

function isLostRace(error: unknown): boolean {
  return error instanceof StreamConflict || error instanceof ConsistencyViolated;
}
