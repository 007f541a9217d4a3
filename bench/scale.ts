import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { afterMigrate, migrations } from '@acci/api';
import { Database, migrate, prepareDatabase, uuidv7 } from '@acci/database';
import { EventRegistry, EventStore } from '@acci/event-store';
import pg from 'pg';
import { openBenchDatabase, type BenchDatabase } from './bench-database.ts';
import { Note } from './cases/append.ts';
import { compare, machine, type Effort } from './harness.ts';
import { scalePlot, type ScalePoint } from './scale-plot.ts';

// `npm run bench:scale` fills a log step by step and measures appends and loads in it against the same in a small one on
// the same server, in turn. It takes some 20 minutes and 10 GB, and writes bench/scale.svg. `-- --short` goes less far.
const { values } = parseArgs({ options: { short: { type: 'boolean' } } });
const steps = [
  { events: 100_000, tenants: 100 },
  { events: 1_000_000, tenants: 1_000 },
  ...(values.short ? [] : [{ events: 10_000_000, tenants: 10_000 }]),
];
const effort: Effort = { rounds: 21, slice: 1_000 };
const eventsOfStream = 10;
// A large prime: the streams and tenants come in no order that a cache would like.
const stride = 7_368_787;

/** A log with so many tenants, each with as many streams of ten events as the others. */
interface Log {
  readonly database: Database;
  readonly store: EventStore;
  readonly plain: pg.Pool;
  readonly tenants: string[];
  streams: number;
  /** How many tenants the streams up to a number are spread over. */
  readonly spread: { readonly upTo: number; readonly tenants: number }[];
}

// What is to be seen is whether work grows with the log, and not how fast a disk is: the server has room for all of it,
// as one that serves such a log would, and has read it once.
const bench = await openBenchDatabase({ shared_buffers: '8GB', max_wal_size: '8GB' });
const logs: Log[] = [];
try {
  const [small, large] = [await openLog(bench, 'small'), await openLog(bench, 'large')];
  logs.push(small, large);
  await fill(small, steps[0]?.events ?? 0, steps[0]?.tenants ?? 0);
  const points: ScalePoint[] = [];
  for (const { events, tenants } of steps) {
    await fill(large, events, tenants);
    const append = await compare(
      { name: 'append', unit: 'appends/s', inFlight: 16, ours: appendTo(large), baseline: appendTo(small) },
      effort,
    );
    const load = await compare(
      { name: 'load', unit: 'loads/s', inFlight: 16, ours: loadFrom(large), baseline: loadFrom(small) },
      effort,
    );
    points.push({ events, tenants, append: append.ratio, load: load.ratio });
    console.log(
      `${events} events, ${tenants} tenants: append ${append.ratio}, load ${load.ratio} of the small log`,
    );
  }
  if (!values.short) {
    await writeFile(new URL('scale.svg', import.meta.url), scalePlot(points, machine(bench.serverVersion)));
  }
} finally {
  for (const { database, plain } of logs) await Promise.all([database.close(), plain.end()]);
  await bench.close();
}

async function openLog(server: BenchDatabase, name: string): Promise<Log> {
  const { urls, connections } = server;
  const admin = await server.createDatabase(name);
  await prepareDatabase(admin);
  const url = (text: string) => Object.assign(new URL(text), { pathname: name }).href;
  await migrate({ ownerUrl: url(urls.owner), migrations, afterMigrate });
  const plain = new pg.Pool({ connectionString: admin, max: 2 });
  plain.on('error', () => {});
  const database = await Database.connect({
    urls: { app: url(urls.app), system: url(urls.system) },
    pool: { max: connections },
  });
  const registry = new EventRegistry();
  registry.register(Note);
  return { database, store: new EventStore(database, registry), plain, tenants: [], streams: 0, spread: [] };
}

/** Adds tenants and streams up to these numbers, a million events at a time. */
async function fill(log: Log, events: number, tenants: number): Promise<void> {
  while (log.tenants.length < tenants) log.tenants.push(uuidv7());
  const streams = events / eventsOfStream;
  log.spread.push({ upTo: streams, tenants });
  while (log.streams < streams) {
    const upTo = Math.min(streams, log.streams + 100_000);
    await log.plain.query(
      `insert into acci.events
              (epoch, tenant_id, stream_type, stream_id, version, event_id, type, schema_version, data, metadata)
       select (select acci.current_epoch()), ($1::uuid[])[1 + stream % $2::int], 'bench.note', 'stream-' || stream, version,
              gen_random_uuid(), 'bench.note.taken', 1,
              json_build_object('title', 'A note of some length', 'words', version),
              '{"actor":"bench","correlationId":"bench"}'
         from generate_series($3::int, $4::int - 1) stream, generate_series(1, $5::int) version`,
      [log.tenants, tenants, log.streams, upTo, eventsOfStream],
    );
    log.streams = upTo;
  }
  await log.plain.query('vacuum analyze acci.events');
  await log.plain.query('checkpoint');
  await readOnce(log);
}

/** Brings the whole log and its key into the server's memory; a scan of the table alone would leave nothing behind. */
async function readOnce({ plain }: Log): Promise<void> {
  const client = await plain.connect();
  await client.query('begin');
  await client.query('set local enable_seqscan = off');
  await client.query('set local enable_bitmapscan = off');
  await client.query('set local max_parallel_workers_per_gather = 0');
  await client.query(
    'select count(data) from (select data from acci.events order by tenant_id, stream_id, version) as all_of_it',
  );
  await client.query('commit');
  client.release();
}

function contextOf(log: Log, tenant: number) {
  return { tenantId: log.tenants[tenant] ?? '', actor: 'bench', correlationId: 'bench' };
}

function appendTo(log: Log) {
  return (index: number): Promise<unknown> => {
    const note = new Note(uuidv7());
    note.take(index);
    return log.store.save(contextOf(log, (index * stride) % log.tenants.length), note);
  };
}

function loadFrom(log: Log) {
  return (index: number): Promise<unknown> => {
    const stream = (index * stride) % log.streams;
    const { tenants = 1 } = log.spread.find(({ upTo }) => stream < upTo) ?? {};
    return log.store.load(contextOf(log, stream % tenants), Note, `stream-${stream}`);
  };
}
