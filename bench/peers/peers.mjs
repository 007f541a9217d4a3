// Other event stores, each as its documentation shows it, appending one event to a new stream under an optimistic lock.
import { SQL } from '@event-driven-io/dumbo';
import {
  getPostgreSQLEventStore,
  postgreSQLEventStoreConsumer,
  postgreSQLRawSQLProjection,
} from '@event-driven-io/emmett-postgresql';
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
    catchUp: async (events) => {
      await pool.query('create table note_list (id text primary key, words int)');
      for (let n = 0; n < events; n += 100)
        await store.appendToStream(
          `list-${n}`,
          Array.from({ length: 100 }, (_, index) => ({
            type: 'bench.note.listed',
            data: { id: `${n + index}`, words: index },
          })),
        );
      const consumer = postgreSQLEventStoreConsumer({
        connectionString,
        stopWhen: { noMessagesLeft: true },
        pulling: { batchSize: 1_000 },
      });
      consumer.projector({
        processorId: 'note-list',
        projection: postgreSQLRawSQLProjection({
          name: 'note-list',
          canHandle: ['bench.note.listed'],
          evolve: ({ data: { id, words } }) =>
            SQL`insert into note_list (id, words) values (${id}, ${words}) on conflict (id) do update set words = excluded.words`,
        }),
      });
      const start = performance.now();
      await consumer.start();
      const seconds = (performance.now() - start) / 1_000;
      await consumer.close();
      const { rows } = await pool.query('select count(*)::int as count from note_list');
      if (rows[0].count !== events) throw new Error(`Emmett projected ${rows[0].count} of ${events} events`);
      return events / seconds;
    },
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
