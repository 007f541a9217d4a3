import { StreamConflict } from '@acci/event-store';

const attempts = 5;

/**
 * Does work anew that lost a race for a stream. `store.update` does so by itself, but not inside a transaction, which is
 * lost as a whole. Work that saves in a transaction over several tenants must load what it saves before that, and not in
 * it, where fetching a person's key may take a connection more, and many who hold one and wait for another would wait for
 * each other.
 *
 * @throws {StreamConflict} when all attempts are used up.
 */
export async function retryingConflicts<R>(work: () => Promise<R>): Promise<R> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StreamConflict) || attempt === attempts) throw error;
    }
  }
}
