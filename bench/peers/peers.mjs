// Other event stores, each as its documentation shows it, appending one event to a new stream under an optimistic lock.
import { getPostgreSQLEventStore } from '@event-driven-io/emmett-postgresql';
import evtstore from 'evtstore/provider/pg.js';
import pg from 'pg';

/**
 * @param {string} connectionString a database of their own on the server of the benchmarks
 * @param {number} connections how many each may hold
 */
export async function openPeers(connectionString, connections) {
  const peers = [await emmett(connectionString, connections), await evtStore(connectionString, connections)];
  return { peers, close: () => Promise.all(peers.map(({ close }) => close())) };
}

async function emmett(connectionString, max) {
  const pool = new pg.Pool({ connectionString, max });
  pool.on('error', () => {});
  const store = getPostgreSQLEventStore(connectionString, { connectionOptions: { pool } });
  await store.schema.migrate();
  return {
    name: 'Emmett',
    append: (id, data) =>
      store.appendToStream(`note-${id}`, [{ type: 'bench.note.taken', data }], {
        expectedStreamVersion: 'STREAM_DOES_NOT_EXIST',
      }),
    close: async () => {
      await store.close();
      await pool.end();
    },
  };
}

async function evtStore(connectionString, max) {
  const client = new pg.Pool({ connectionString, max });
  client.on('error', () => {});
  const tables = { events: 'evtstore_events', bookmarks: 'evtstore_bookmarks' };
  await evtstore.migrate({ client, ...tables });
  const provider = evtstore.createProvider({ client, ...tables });
  return {
    name: 'evtstore',
    append: (id, data) =>
      provider.append('notes', id, 0, provider.createEvents('notes', id, 0, [{ type: 'taken', ...data }])),
    close: () => client.end(),
  };
}
