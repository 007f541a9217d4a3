import { checkIsolation, Database, pendingMigrations } from '@acci/database';
import { DomainError } from '@acci/event-store';
import type { Mailer } from '@acci/mail';
import type { HealthCheck } from '@acci/observability';
import { Projections } from '@acci/projections';
import { migrations } from '../migrations.js';

// The gate reads the whole catalogue, which probes every few seconds need not repeat: at most this often, in ms.
const gateInterval = 60_000;
// A mail server is not to be asked by every probe either; in ms.
const mailInterval = 30_000;

/** This program's versions of some projections have not caught up with the log for the first time. */
class ReadModelsFilling extends DomainError {
  readonly code = 'projections.filling';
  readonly kind = 'unavailable';

  constructor(projections: readonly string[]) {
    super(`Being filled for this version of the program: ${projections.join(', ')}`);
  }
}

/**
 * What must hold before a load balancer may send requests here.
 *
 * @param mailer undefined if no mails are sent.
 */
export function healthChecks(
  database: Database,
  projections: Projections,
  mailer: Mailer | undefined,
): HealthCheck[] {
  return [
    {
      name: 'database',
      check: async () => {
        await database.queryAsSystem('readiness', 'select 1');
      },
    },
    {
      name: 'migrations',
      check: async () => {
        const pending = await pendingMigrations(
          (sql) => database.queryAsSystem('readiness', sql),
          migrations,
        );
        if (pending.length > 0) throw new Error(`Migrations have not run: ${pending.join(', ')}`);
      },
    },
    { name: 'isolation', check: isolationCheck(database) },
    {
      name: 'projections',
      check: async () => {
        // In a rolling deployment the old program serves until the new one's read models are there.
        const filling = await projections.ready();
        if (filling.length > 0) throw new ReadModelsFilling(filling);
        // A halted projection means stale read models, not a server that cannot answer: it alarms, it is reported,
        // but it does not take every replica out of service at once.
        const states = await projections.status();
        return Object.fromEntries(states.map(({ name, status, lag }) => [name, { state: status, ...lag }]));
      },
    },
    {
      name: 'horizon',
      check: async () => {
        // Reported for the same reason, and because no restart of ours ends somebody else's transaction.
        const { events, seconds, holders } = await projections.horizon();
        return {
          events,
          seconds,
          holders: holders.map(({ kind, holds, pid, name, ageSeconds }) => ({
            kind,
            holds,
            pid,
            name,
            ageSeconds,
          })),
        };
      },
    },
    ...(mailer ? [{ name: 'mail', check: mailCheck(mailer) }] : []),
  ];
}

/** Reported only: mails wait for their server, and requests need not. Nor do probes wait for it. */
function mailCheck(mailer: Mailer): HealthCheck['check'] {
  let checkedAt = -Infinity;
  let state = 'unknown';
  return async () => {
    if (performance.now() - checkedAt >= mailInterval) {
      checkedAt = performance.now();
      void mailer.check().then(
        () => (state = 'up'),
        () => (state = 'down'),
      );
    }
    return { state };
  };
}

function isolationCheck(database: Database): HealthCheck['check'] {
  let checkedAt = -Infinity;
  return async () => {
    if (performance.now() - checkedAt < gateInterval) return;
    const findings = await checkIsolation((sql, values) =>
      database.queryAsSystem('isolation gate', sql, values),
    );
    if (findings.length > 0) throw new Error(findings.map(({ message }) => message).join('; '));
    checkedAt = performance.now();
  };
}
