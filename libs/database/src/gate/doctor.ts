import { Client } from 'pg';
import { Database } from '../database.js';
import type { PoolOptions } from '../login.js';
import type { MigrationClass } from '../migrate.js';
import { checkIsolation } from './isolation-gate.js';
import { isolationChecks } from './checks/index.js';
import { databaseDiagnoses } from './diagnoses.js';
import type { DoctorCheck, DoctorContext, DoctorVerdict } from './doctor-check.js';

/** What {@link diagnose} looks at. */
export interface DoctorOptions {
  readonly urls: { readonly app: string; readonly system: string; readonly owner: string };
  /** The migrations that should have run. */
  readonly migrations: readonly MigrationClass[];
  /** As the application has it, so that its time-outs are the ones judged. */
  readonly pool?: PoolOptions;
  /** How long a transaction may be open before it is reported, in seconds. Default 60. */
  readonly patience?: number;
  /** Checks of other libraries, which come after ours. */
  readonly extra?: readonly DoctorCheck[];
}

const noTenant = '00000000-0000-0000-0000-000000000000';

/**
 * Looks a database over: connections, versions, roles, migrations, isolation, whatever holds the event log's
 * horizon back. It reads only. One failing check does not keep the others from running.
 *
 * @example
 * const verdicts = await diagnose({ urls, migrations: databaseMigrations });
 * console.log(formatVerdicts(verdicts));
 * process.exitCode = verdicts.some(({ verdict }) => verdict === 'failure') ? 1 : 0;
 */
export async function diagnose(options: DoctorOptions): Promise<DoctorVerdict[]> {
  const { urls, migrations, pool, patience = 60, extra = [] } = options;
  const roles = ['app', 'system', 'owner'] as const;
  const connections = await Promise.all(roles.map((role) => tryConnection(role, urls[role])));
  // Without the runtime roles nothing else can be asked; the owner is needed for migrations only.
  if (connections.slice(0, 2).some(({ verdict }) => verdict === 'failure')) return connections;
  const database = await Database.connect({ urls, pool: { ...pool, max: 1 } });
  try {
    const context: DoctorContext = {
      app: (sql, values) => database.queryInTenant(noTenant, sql, values),
      system: (sql, values) => database.queryAsSystem('doctor', sql, values),
      migrations,
      patience,
    };
    const verdicts = [...connections];
    for (const check of databaseDiagnoses) verdicts.push(await judge(check, context));
    verdicts.push(...(await judgeIsolation(context)));
    for (const check of extra) verdicts.push(await judge(check, context));
    return verdicts;
  } finally {
    await database.close();
  }
}

/** The verdicts as aligned lines of text. */
export function formatVerdicts(verdicts: readonly DoctorVerdict[]): string {
  const width = Math.max(...verdicts.map(({ check }) => check.length));
  return verdicts
    .map(({ check, verdict, detail }) => `${verdict.padEnd(8)} ${check.padEnd(width)}  ${detail}`.trimEnd())
    .join('\n');
}

async function tryConnection(role: string, url: string): Promise<DoctorVerdict> {
  const check = `connection.${role}`;
  const { username, host, pathname } = new URL(url);
  const where = `${decodeURIComponent(username)} at ${host}${pathname}`;
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  const start = performance.now();
  try {
    await client.connect();
    return { check, verdict: 'ok', detail: `${where} (${Math.ceil(performance.now() - start)} ms)` };
  } catch (error) {
    return { check, verdict: 'failure', detail: `${where}: ${messageOf(error)}` };
  } finally {
    await client.end();
  }
}

async function judge({ name, run }: DoctorCheck, context: DoctorContext): Promise<DoctorVerdict> {
  try {
    return { check: name, ...(await run(context)) };
  } catch (error) {
    return { check: name, verdict: 'failure', detail: messageOf(error) };
  }
}

async function judgeIsolation({ system }: DoctorContext): Promise<DoctorVerdict[]> {
  try {
    const findings = await checkIsolation(system);
    return isolationChecks.map(({ name }) => {
      const offenders = findings.filter(({ check }) => check === name);
      const detail = offenders.map(({ message }) => message).join('; ');
      return { check: `isolation.${name}`, verdict: detail === '' ? 'ok' : 'failure', detail };
    });
  } catch (error) {
    return [{ check: 'isolation', verdict: 'failure', detail: messageOf(error) }];
  }
}

/** An AggregateError, as Node throws for a host with several addresses, has no message of its own. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(', ');
  return error instanceof Error ? error.message : String(error);
}
