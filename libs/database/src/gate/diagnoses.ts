import { pendingMigrations } from '../pending-migrations.js';
import type { Diagnosis, DoctorCheck, DoctorContext } from './doctor-check.js';
import type { CatalogueQuery } from './isolation-gate.js';

const manyTransactions = 100_000;
/** In milliseconds. */
const clockSkew = 1_000;

/** The doctor's own checks, without those of the isolation gate. */
export const databaseDiagnoses: readonly DoctorCheck[] = [
  { name: 'server.version', run: serverVersion },
  { name: 'server.durability', run: durability },
  { name: 'server.clock', run: clock },
  { name: 'login.app', run: ({ app }) => login(app, 'acci_app') },
  { name: 'login.system', run: ({ system }) => login(system, 'acci_system') },
  { name: 'timeouts.app', run: ({ app }) => timeouts(app) },
  { name: 'timeouts.system', run: ({ system }) => timeouts(system) },
  { name: 'migrations', run: migrations },
  { name: 'horizon.snapshot', run: snapshot },
  { name: 'horizon.transactions', run: transactions },
  { name: 'horizon.prepared', run: preparedTransactions },
  { name: 'horizon.slots', run: replicationSlots },
];

const ok = (detail: string): Diagnosis => ({ verdict: 'ok', detail });
const warning = (detail: string): Diagnosis => ({ verdict: 'warning', detail });
const failure = (detail: string): Diagnosis => ({ verdict: 'failure', detail });

async function serverVersion({ system }: DoctorContext): Promise<Diagnosis> {
  const { number, text } = await one<{ number: number; text: string }>(
    system,
    `select current_setting('server_version_num')::int as number, current_setting('server_version') as text`,
  );
  if (number < 150_000) return failure(`PostgreSQL ${text}; 15 is the least that works, 18 is recommended`);
  return number < 180_000 ? warning(`PostgreSQL ${text}; 18 is recommended`) : ok(`PostgreSQL ${text}`);
}

async function durability({ system }: DoctorContext): Promise<Diagnosis> {
  const rows = await all<{ name: string }>(
    system,
    `select name from pg_settings
      where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'off'`,
  );
  const names = rows.map(({ name }) => name).join(', ');
  return names === ''
    ? ok('commits are on disk')
    : warning(`switched off: ${names}; a crash may lose commits`);
}

async function clock({ system }: DoctorContext): Promise<Diagnosis> {
  const before = Date.now();
  const { server } = await one<{ server: number }>(
    system,
    'select (extract(epoch from clock_timestamp()) * 1000)::float8 as server',
  );
  const after = Date.now();
  // The server read its clock somewhere in between.
  const skew = Math.round(server < before ? before - server : Math.max(0, server - after));
  const detail = `server and this machine are ${skew} ms apart`;
  return skew > clockSkew ? warning(`${detail}: times in events and logs will not agree`) : ok(detail);
}

async function login(query: CatalogueQuery, role: string): Promise<Diagnosis> {
  const { name, strong } = await one<{ name: string; strong: boolean }>(
    query,
    `select session_user::text as name, rolsuper or rolbypassrls or rolcreaterole as strong
      from pg_roles where rolname = session_user`,
  );
  if (name === role) return ok(`logs in as ${role}`);
  const detail = `logs in as ${name}, who takes ${role} in each transaction`;
  return strong
    ? warning(`${detail} and could take a stronger role: give ${role} a login of its own`)
    : ok(detail);
}

async function timeouts(query: CatalogueQuery): Promise<Diagnosis> {
  const rows = await all<{ name: string; setting: string }>(
    query,
    `select name, current_setting(name) as setting from pg_settings
      where name in ('statement_timeout', 'idle_in_transaction_session_timeout') order by name desc`,
  );
  const detail = rows.map(({ name, setting }) => `${name} ${setting}`).join(', ');
  return rows.some(({ setting }) => setting === '0') ? failure(`${detail}: without limit`) : ok(detail);
}

async function migrations({ system, migrations }: DoctorContext): Promise<Diagnosis> {
  const { any } = await one<{ any: boolean }>(
    system,
    `select to_regclass('acci.migrations') is not null as any`,
  );
  if (!any) return failure('none has run yet');
  const pending = await pendingMigrations(async (sql) => [...(await system(sql))], migrations);
  return pending.length === 0
    ? ok(`all ${migrations.length} have run`)
    : failure(`have not run: ${pending.join(', ')}`);
}

async function snapshot({ system }: DoctorContext): Promise<Diagnosis> {
  // Events of transactions from the snapshot's xmin on are not settled: readers of the log wait for them.
  const { open } = await one<{ open: number }>(
    system,
    `select (pg_snapshot_xmax(s)::text::numeric - pg_snapshot_xmin(s)::text::numeric)::float8 as open
      from pg_current_snapshot() as s`,
  );
  const detail = `${open} transactions since the oldest that is open`;
  return open > manyTransactions ? warning(`${detail}: projections fall behind`) : ok(detail);
}

async function transactions({ app, system, patience }: DoctorContext): Promise<Diagnosis> {
  // A role is shown the sessions of its own alone, so each is asked; a monitoring role would see them all.
  const old = `select format('%s of %s for %s s', pid, usename, round(extract(epoch from now() - xact_start))) as session
    from pg_stat_activity where now() - xact_start > interval '${patience} s'`;
  const rows = [
    ...(await all<{ session: string }>(app, old)),
    ...(await all<{ session: string }>(system, old)),
  ];
  const sessions = [...new Set(rows.map(({ session }) => session))].join(', ');
  return sessions === '' ? ok(`none open for over ${patience} s`) : warning(`open for long: ${sessions}`);
}

async function preparedTransactions({ system, patience }: DoctorContext): Promise<Diagnosis> {
  const rows = await all<{ gid: string }>(
    system,
    `select format('%s since %s', gid, prepared) as gid from pg_prepared_xacts
      where now() - prepared > interval '${patience} s'`,
  );
  const names = rows.map(({ gid }) => gid).join(', ');
  return names === '' ? ok('none left') : failure(`left behind, and the event log waits for them: ${names}`);
}

async function replicationSlots({ system }: DoctorContext): Promise<Diagnosis> {
  const rows = await all<{ slot_name: string }>(
    system,
    'select slot_name::text from pg_replication_slots where not active and (xmin is not null or catalog_xmin is not null)',
  );
  const names = rows.map(({ slot_name: name }) => name).join(', ');
  return names === ''
    ? ok('none abandoned')
    : warning(`nobody reads, but they keep rows from being vacuumed: ${names}`);
}

async function all<R extends object>(query: CatalogueQuery, sql: string): Promise<readonly R[]> {
  return (await query(sql)) as readonly R[];
}

async function one<R extends object>(query: CatalogueQuery, sql: string): Promise<R> {
  const [row] = await all<R>(query, sql);
  if (row === undefined) throw new Error('The server answered with no row');
  return row;
}
