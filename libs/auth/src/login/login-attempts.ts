import { hash } from 'node:crypto';
import { Database, prepared, type Transaction } from '@acci/database';
import { Recent } from '@acci/tenancy';
import { Injectable } from '@nestjs/common';
import { WorkQueue } from '../password/work-queue.js';
import { delayAfter, judge, type GuessLimit } from './guess-limits.js';
import { LoginOverloaded, LoginThrottled } from './login.errors.js';

/** What failures are counted for. */
export interface GuessSubject {
  readonly kind: 'account' | 'address' | 'device';
  /** Which one; only a hash of it is stored. */
  readonly key: string;
}

/** A guess that may be made: already counted as failed, until it is known better. */
export interface Guess {
  readonly tenantId: string;
  readonly counted: readonly CountedSubject[];
}

interface CountedSubject {
  readonly kind: GuessSubject['kind'];
  readonly keyHash: Buffer;
  readonly failures: number;
}

interface AttemptRow {
  readonly kind: GuessSubject['kind'];
  readonly keyHash: Buffer;
  readonly count: number;
  readonly agoMs: number;
  readonly waitMs: number;
}

const hour = 3_600_000;
const limits: Readonly<Record<GuessSubject['kind'], GuessLimit>> = {
  account: { free: 5, forgetMs: 24 * hour },
  device: { free: 10, forgetMs: 24 * hour },
  // Many people may have the same one, and no success of one of them makes good for the failures of the others.
  address: { free: 20, forgetMs: hour },
};

// In one order always, or two who try at the same time might wait for each other.
const makeRows = prepared(`
  insert into acci.login_attempts (tenant_id, subject, key_hash, failures, failed_at, blocked_until)
  select $1, subject, key_hash, 0, clock_timestamp(), '-infinity'
    from unnest($2::text[], $3::bytea[]) as wanted (subject, key_hash)
   order by subject, key_hash
  on conflict do nothing`);
const lockRows = prepared(`
  select subject as kind, key_hash as "keyHash", failures as count,
         extract(epoch from clock_timestamp() - failed_at)::float8 * 1000 as "agoMs",
         case when isfinite(blocked_until)
              then extract(epoch from blocked_until - clock_timestamp())::float8 * 1000 else 0 end as "waitMs"
    from acci.login_attempts
   where tenant_id = $1 and (subject, key_hash) in (select * from unnest($2::text[], $3::bytea[]))
   order by subject, key_hash
     for update`);
const count = prepared(`
  update acci.login_attempts as known
     set failures = failed.failures, failed_at = clock_timestamp(),
         blocked_until = clock_timestamp() + failed.delay_ms * interval '1 ms'
    from unnest($2::text[], $3::bytea[], $4::int[], $5::float8[]) as failed (subject, key_hash, failures, delay_ms)
   where known.tenant_id = $1 and known.subject = failed.subject and known.key_hash = failed.key_hash`);
// The delay is taken back only if it is this guess's own: somebody's success must not end the delay of other failures.
const giveBack = prepared(`
  update acci.login_attempts as known
     set failures = greatest(known.failures - 1, 0),
         blocked_until = case when known.failures = mine.failures then '-infinity' else known.blocked_until end
    from (select * from unnest($2::text[], $3::bytea[], $4::int[]) as mine (subject, key_hash, failures)
           order by subject, key_hash) as mine
   where known.tenant_id = $1 and known.subject = mine.subject and known.key_hash = mine.key_hash`);
const forget = prepared(`
  delete from acci.login_attempts
   where tenant_id = $1 and (subject, key_hash) in (select * from unnest($2::text[], $3::bytea[]))`);
// Those that somebody is just counting are left for the next time.
const purge = prepared(`
  delete from acci.login_attempts
   where tenant_id = $1 and (subject, key_hash) in (
     select subject, key_hash from acci.login_attempts
      where tenant_id = $1 and failed_at < clock_timestamp() - interval '24 hours'
      limit 100 for update skip locked)`);

/**
 * Slows down those who guess: counts failures for an account, for an address and for a known device, and lets each wait
 * longer from one to the next. A guess is counted before it is looked at, so that fifty at the same time are fifty. What
 * is refused is not counted: nobody can make a delay longer who is already waiting.
 */
@Injectable()
export class LoginAttempts {
  // Who guesses at one account from everywhere at once waits for one row: not on all connections that there are.
  private readonly queue = new WorkQueue(
    { concurrency: 4, maxWaiting: 256 },
    (waitMs) => new LoginOverloaded(waitMs),
  );
  /** Until when somebody waits, by `performance.now()`: asked of the database once a second. */
  private readonly waiting = new Recent<number>({ ttlMs: 1_000, max: 10_000 });

  constructor(private readonly database: Database) {}

  /**
   * Counts a guess as failed, for each of these.
   *
   * @throws {LoginThrottled} if one of them has to wait; then it is counted for none.
   * @throws {LoginOverloaded} if too many are counted at the same time.
   */
  async begin(tenantId: string, subjects: readonly GuessSubject[]): Promise<Guess> {
    const kinds = subjects.map(({ kind }) => kind);
    const hashes = subjects.map(({ key }) => hash('sha256', key, 'buffer'));
    for (const [index, kind] of kinds.entries())
      await this.assertNotWaiting(nameOf(tenantId, kind, hashes[index] as Buffer));
    return this.queue.run(() =>
      this.database.inTenant(tenantId, async (tx) => {
        tx.execute(purge, [tenantId]);
        tx.execute(makeRows, [tenantId, kinds, hashes]);
        const rows = await tx.query<AttemptRow>(lockRows, [tenantId, kinds, hashes]);
        return { tenantId, counted: this.count(tx, tenantId, rows) };
      }),
    );
  }

  /** The guess was right: the account's failures, or the device's, are forgotten; the address's were still failures. */
  async succeeded({ tenantId, counted }: Guess): Promise<void> {
    await this.database.inTenant(tenantId, async (tx) => {
      const proven = counted.filter(({ kind }) => kind !== 'address');
      tx.execute(giveBack, [tenantId, ...columnsOf(counted.filter(({ kind }) => kind === 'address'))]);
      tx.execute(forget, [tenantId, ...columnsOf(proven).slice(0, 2)]);
    });
  }

  /** Nothing was learned from the guess: it was not looked at. */
  async withdraw({ tenantId, counted }: Guess): Promise<void> {
    await this.database.queryInTenant(tenantId, giveBack, [tenantId, ...columnsOf(counted)]);
  }

  private async assertNotWaiting(name: string): Promise<void> {
    const waitMs = ((await this.waiting.get(name)) ?? 0) - performance.now();
    if (waitMs > 0) throw new LoginThrottled(waitMs);
  }

  private count(tx: Transaction, tenantId: string, rows: readonly AttemptRow[]): CountedSubject[] {
    let longestWaitMs = 0;
    const counted: CountedSubject[] = [];
    for (const row of rows) {
      const verdict = judge(row, limits[row.kind]);
      if ('waitMs' in verdict) {
        longestWaitMs = Math.max(longestWaitMs, verdict.waitMs);
        const until = performance.now() + verdict.waitMs;
        void this.waiting.keep(nameOf(tenantId, row.kind, row.keyHash), Promise.resolve(until));
      } else counted.push({ kind: row.kind, keyHash: row.keyHash, failures: verdict.failures });
    }
    if (longestWaitMs > 0) throw new LoginThrottled(longestWaitMs);
    const delays = counted.map(({ kind, failures }) => delayAfter(failures, limits[kind]));
    tx.execute(count, [tenantId, ...columnsOf(counted), delays]);
    return counted;
  }
}

function nameOf(tenantId: string, kind: GuessSubject['kind'], keyHash: Buffer): string {
  return `${tenantId} ${kind} ${keyHash.toString('base64')}`;
}

function columnsOf(counted: readonly CountedSubject[]): [string[], Buffer[], number[]] {
  return [
    counted.map(({ kind }) => kind),
    counted.map(({ keyHash }) => keyHash),
    counted.map(({ failures }) => failures),
  ];
}
