import type { Connection, Pool, PoolClient } from 'pg';

/** What pg's typings leave out. */
type ClientOnWire = PoolClient & { readonly connection: Connection };

/**
 * Ends connections in use from which nothing has come for too long: the network has gone silent, or the server would
 * have ended the statement or the idle transaction itself. One look at all of them now and then: pg's own
 * `query_timeout` starts a timer for each query, whose remains cost large answers half of their time in garbage collection.
 *
 * @param limitMs longer than a statement may run and a transaction may be idle together.
 * @returns a function that ends the watch.
 */
export function endSilentConnections(pool: Pool, limitMs: number): () => void {
  const used = new Map<PoolClient, { bytesRead: number; since: number }>();
  pool.on('acquire', (client) =>
    used.set(client, { bytesRead: bytesReadOf(client), since: performance.now() }),
  );
  pool.on('release', (_, client) => used.delete(client));
  pool.on('remove', (client) => used.delete(client));
  const look = setInterval(
    () => {
      const now = performance.now();
      for (const [client, seen] of used) {
        const bytesRead = bytesReadOf(client);
        if (bytesRead !== seen.bytesRead) used.set(client, { bytesRead, since: now });
        else if (now - seen.since > limitMs) streamOf(client).destroy(new Error(silence));
      }
    },
    Math.min(1_000, limitMs / 4),
  ).unref();
  return () => clearInterval(look);
}

/** The message of the error that ends a silent connection. */
export const silence = 'The connection has gone silent';

function streamOf(client: PoolClient): Connection['stream'] {
  return (client as ClientOnWire).connection.stream;
}

function bytesReadOf(client: PoolClient): number {
  return (streamOf(client) as unknown as { readonly bytesRead: number }).bytesRead;
}
