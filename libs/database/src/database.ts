import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable } from '@nestjs/common';
import type { DataSource, EntitySchema, MixedList } from 'typeorm';
import { validate as isUuid } from 'uuid';
import {
  InvalidTenantId,
  SystemInsideTenant,
  TenantMismatch,
  TransactionUnderWay,
} from './database.errors.js';
import { runTogether, type TenantWork } from './joint-transaction.js';
import { Login, type PoolOptions, type PoolStats } from './login.js';
import { retrying, traced } from './retrying.js';
import { Session } from './session.js';
import { SharedReads } from './shared-reads.js';
import { Scope } from './scope.js';
import { querySingly } from './single-statements.js';
import { bind, type Statement } from './statement.js';
import type { Transaction, TransactionOptions } from './transaction.js';

/** Where the runtime roles log in, and what they may use. */
export interface DatabaseOptions {
  /** Connection strings of the logins for `acci_app` and `acci_system`. One login may serve both. */
  readonly urls: { readonly app: string; readonly system: string };
  readonly pool?: PoolOptions;
  /** TypeORM entities for {@link Transaction.manager}. */
  readonly entities?: MixedList<Function | string | EntitySchema>;
  /** Told of errors on connections that nobody is using, such as a server restart. */
  readonly onIdleError?: (error: Error) => void;
}

/** Runs inside a transaction. It may run again after a serialization failure or a deadlock: no effects outside it. */
export type TransactionWork<T> = (tx: Transaction) => Promise<T> | T;

/**
 * The only way to the data: every transaction belongs to one tenant, or says why it needs them all.
 *
 * @example
 * const names = await database.inTenant(tenantId, async (tx) => {
 *   tx.execute('insert into shop.orders (tenant_id, id) values ($1, $2)', [tenantId, uuidv7()]);
 *   return tx.query<{ id: string }>('select id from shop.orders');
 * });
 */
@Injectable()
export class Database {
  private readonly open = new AsyncLocalStorage<Scope>();
  private readonly shared: SharedReads;

  private constructor(
    private readonly app: Login,
    private readonly system: Login,
  ) {
    this.shared = new SharedReads(app);
  }

  /** Connects both runtime roles. Call {@link close} when done. */
  static async connect({ urls, pool, entities = [], onIdleError }: DatabaseOptions): Promise<Database> {
    const app = await Login.connect('acci_app', urls.app, entities, pool, onIdleError);
    try {
      return new Database(app, await Login.connect('acci_system', urls.system, entities, pool, onIdleError));
    } catch (error) {
      await app.close();
      throw error;
    }
  }

  /** TypeORM's data sources. What they run outside {@link inTenant} has no tenant and sees no tenant's row. */
  get sources(): { readonly app: DataSource; readonly system: DataSource } {
    return { app: this.app.source, system: this.system.source };
  }

  /** The open transaction that work started here would join. */
  get current(): Transaction | undefined {
    return this.open.getStore();
  }

  /** How long a caller waits for a free connection before {@link DatabaseBusy}, in milliseconds. */
  get acquireTimeoutMs(): number {
    return this.app.acquireTimeoutMs;
  }

  /** The connections of both pools at this moment. */
  stats(): { readonly app: PoolStats; readonly system: PoolStats } {
    return { app: this.app.stats(), system: this.system.stats() };
  }

  /**
   * Runs work that sees and writes the rows of one tenant only; commits when it ends, rolls back when it throws.
   * Inside an open transaction of the same tenant it joins that one. Inside {@link asSystem} it narrows that
   * transaction to the tenant while the work runs.
   *
   * @throws {InvalidTenantId} for an id that is no UUID.
   * @throws {TenantMismatch} inside a transaction of another tenant.
   * @throws {DatabaseBusy} when no connection comes free in time.
   * @throws {TransactionContended} when retries after serialization failures or deadlocks are used up.
   */
  async inTenant<T>(
    tenantId: string,
    work: TransactionWork<T>,
    options: TransactionOptions = {},
  ): Promise<T> {
    assertTenantId(tenantId);
    const outer = this.open.getStore();
    if (!outer) return this.run(this.app, tenantId, work, options);
    if (outer.tenantId === undefined) return this.narrow(outer, tenantId, work, options);
    if (outer.tenantId.toLowerCase() !== tenantId.toLowerCase()) {
      throw new TenantMismatch(
        `A transaction of tenant ${outer.tenantId} cannot work for tenant ${tenantId}`,
      );
    }
    return join(outer, work, options);
  }

  /**
   * Runs work that may see every tenant's rows, as far as the policies for `acci_system` allow.
   *
   * @param reason why one tenant is not enough; it goes into the trace of the transaction.
   * @throws {SystemInsideTenant} inside a tenant's transaction.
   */
  async asSystem<T>(reason: string, work: TransactionWork<T>, options: TransactionOptions = {}): Promise<T> {
    const outer = this.open.getStore();
    if (!outer) return this.run(this.system, undefined, work, options, reason);
    if (outer.tenantId !== undefined) {
      throw new SystemInsideTenant(`A transaction of tenant ${outer.tenantId} cannot be widened: ${reason}`);
    }
    return join(outer, work, options);
  }

  /** One statement for one tenant in one round trip; inside an open transaction of that tenant it joins it. */
  async queryInTenant<R extends object = Record<string, unknown>>(
    tenantId: string,
    statement: Statement,
    values?: readonly unknown[],
  ): Promise<R[]> {
    if (this.open.getStore()) return this.inTenant(tenantId, (tx) => tx.query<R>(statement, values));
    assertTenantId(tenantId);
    return querySingly<R>(this.app, tenantId, statement, values);
  }

  /**
   * One short read for one tenant, such as of a row by its key. Reads that are asked for at the same time travel
   * together, each under its own tenant: the fastest way there is under load. They wait for those before them, so
   * nothing that takes long belongs here; nothing that writes or locks either, the transaction is read-only. Inside an
   * open transaction of that tenant it joins it.
   *
   * @throws {DatabaseBusy} when no connection comes free in time.
   * @example
   * const [tenant] = await database.readInTenant<TenantRow>(tenantId, tenantById, [id]);
   */
  async readInTenant<R extends object = Record<string, unknown>>(
    tenantId: string,
    statement: Statement,
    values?: readonly unknown[],
  ): Promise<R[]> {
    if (this.open.getStore()) return this.inTenant(tenantId, (tx) => tx.query<R>(statement, values));
    assertTenantId(tenantId);
    const bound = bind(statement, values);
    const read = async () => (await this.shared.read(tenantId, bound)).rows as R[];
    return traced(this.app, tenantId, undefined, () => retrying(read, true));
  }

  /**
   * Work of several tenants in one transaction: all of it happens or none. The parts run one after the other, each under
   * its own tenant; if they only queue statements, it is one round trip. Tried once.
   *
   * @param parts those of one tenant side by side.
   * @returns what each part returned.
   * @throws {BatchRefused} if a part threw or a statement was refused: then it is certain that nothing happened.
   * @throws {DatabaseBusy} when no connection comes free in time.
   */
  async inTenants<T>(
    parts: readonly TenantWork<T>[],
    { lockTimeoutMs }: { readonly lockTimeoutMs: number },
  ): Promise<T[]> {
    if (this.open.getStore())
      throw new TransactionUnderWay('Several tenants cannot join a transaction of one');
    for (const { tenantId } of parts) assertTenantId(tenantId);
    return runTogether(this.app, this.open, parts, lockTimeoutMs);
  }

  /** One statement over all tenants in one round trip. `reason` as in {@link asSystem}. */
  async queryAsSystem<R extends object = Record<string, unknown>>(
    reason: string,
    statement: Statement,
    values?: readonly unknown[],
  ): Promise<R[]> {
    if (this.open.getStore()) return this.asSystem(reason, (tx) => tx.query<R>(statement, values));
    return querySingly<R>(this.system, undefined, statement, values, reason);
  }

  /** Ends all connections after the transactions that use them. */
  async close(): Promise<void> {
    await Promise.all([this.app.close(), this.system.close()]);
  }

  private async narrow<T>(
    outer: Scope,
    tenantId: string,
    work: TransactionWork<T>,
    options: TransactionOptions,
  ): Promise<T> {
    const inner = outer.narrow(tenantId);
    try {
      return await this.open.run(inner, () => join(inner, work, options));
    } finally {
      inner.widen(outer);
    }
  }

  private run<T>(
    login: Login,
    tenantId: string | undefined,
    work: TransactionWork<T>,
    options: TransactionOptions,
    reason?: string,
  ): Promise<T> {
    const attempt = async () => {
      const session = new Session(login, tenantId, options);
      const scope = Scope.outermost(session, tenantId);
      try {
        const result = await this.open.run(scope, () => work(scope));
        await session.commit();
        return result;
      } catch (error) {
        await session.rollback(error);
        throw error;
      }
    };
    return traced(login, tenantId, reason, () => retrying(attempt, options.readOnly));
  }
}

/** @throws {InvalidTenantId} for an id that is no UUID. */
export function assertTenantId(tenantId: string): void {
  if (!isUuid(tenantId)) throw new InvalidTenantId(`Not a tenant id: ${JSON.stringify(tenantId)}`);
}

/** Nested work: part of the transaction that is open, and sent when it returns unless that may wait. */
async function join<T>(scope: Scope, work: TransactionWork<T>, options: TransactionOptions): Promise<T> {
  const { deferred, isolation, readOnly } = options;
  if (isolation || readOnly) {
    throw new TransactionUnderWay(
      'The transaction is open already: its isolation and access mode are decided',
    );
  }
  const result = await work(scope);
  if (!deferred) await scope.flush();
  return result;
}
