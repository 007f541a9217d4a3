import type { ProjectionClass } from '@acci/projections';
import type { BenchDatabase } from '../bench-database.ts';
import { figureOf, type Figure } from '../harness.ts';
import type { CatchingUpPeer } from '../peers/peers.mjs';
import {
  catchUpSeconds,
  makeRowsTable,
  program,
  rowsProjection,
  seedNotes,
  statementsProjection,
} from './projections.ts';

const bulkTable = 'bench.rows_in_bulk';
const singleTable = 'bench.rows_one_by_one';
const eventsOfPeer = 20_000;

/**
 * How fast asynchronous projections that upsert a row per event catch up with a log of 100 tenants: with rows that are
 * written in bulk against a script that does the same by hand along the same index, and both ways against another event store.
 */
export async function catchUp(
  bench: BenchDatabase,
  events: number,
  peer?: CatchingUpPeer,
): Promise<Figure[]> {
  for (const table of [bulkTable, singleTable]) await makeRowsTable(bench, table);
  await seedNotes(bench, events);
  const script = await handWritten(bench, events);
  await bench.plain.query(`truncate ${bulkTable}`);
  const bulk = await rate(bench, rowsProjection(bulkTable, 'async'), bulkTable, events);
  const single = await rate(bench, statementsProjection(singleTable), singleTable, events);
  const figure = (name: string, ours: number, baseline: number, target: number) =>
    figureOf(name, 'events/s', [{ ours, baseline }], target);
  const figures = [figure('catch-up, rows in bulk, against a script that does so', bulk, script, 0.8)];
  if (!peer) return figures;
  const theirs = await peer.catchUp(eventsOfPeer);
  return [
    ...figures,
    figure(`catch-up, rows in bulk, against ${peer.name}`, bulk, theirs, 15),
    figure(`catch-up, a statement per event, against ${peer.name}`, single, theirs, 6),
  ];
}

async function rate(
  bench: BenchDatabase,
  projection: ProjectionClass,
  table: string,
  events: number,
): Promise<number> {
  const app = await program(bench, [projection], { runner: true });
  const seconds = await catchUpSeconds(app);
  await app.close();
  const { rows } = await bench.plain.query<{ count: number }>(`select count(*)::int as count from ${table}`);
  if (rows[0]?.count !== events)
    throw new Error(`The projection has ${rows[0]?.count} rows of ${events} events`);
  return events / seconds;
}

/** What somebody writes who needs this one table: batches of a thousand, the last state per key, one statement each. */
async function handWritten({ plain }: BenchDatabase, events: number): Promise<number> {
  const start = performance.now();
  const client = await plain.connect();
  let [transaction, position] = ['0', '0'];
  for (let done = 0; done < events;) {
    const { rows } = await client.query<{
      transaction: string;
      position: string;
      tenant_id: string;
      stream_id: string;
      data: { words: number };
    }>({
      name: 'script_batch',
      text: `select transaction, position, tenant_id, stream_id, data from acci.events
              where epoch = acci.current_epoch() and type = 'bench.note.taken'
                and (transaction, position) > ((select $1::xid8), (select $2::bigint))
              order by transaction, position limit 1000`,
      values: [transaction, position],
    });
    const last = [...new Map(rows.map((row) => [`${row.tenant_id} ${row.stream_id}`, row])).values()];
    await client.query('begin');
    await client.query({
      name: 'script_upsert',
      text: `insert into ${bulkTable} (tenant_id, id, words)
             select * from unnest($1::uuid[], $2::text[], $3::int[])
             on conflict (tenant_id, id) do update set words = excluded.words`,
      values: [
        last.map(({ tenant_id }) => tenant_id),
        last.map(({ stream_id }) => stream_id),
        last.map(({ data }) => data.words),
      ],
    });
    await client.query('commit');
    const end = rows.at(-1);
    if (!end) break;
    ({ transaction, position } = end);
    done += rows.length;
  }
  client.release();
  return (events / (performance.now() - start)) * 1_000;
}
