import { DataSource, type EntitySchema, type MixedList } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import type { Pool, PoolClient } from 'pg';
import { sendBatch, type StatementResult } from './batch.js';
import { spoilsConnection } from './database.errors.js';
import { endSilentConnections } from './silent-connections.js';
import { bind, prepared, type BoundStatement } from './statement.js';

/** The runtime roles: rows of one tenant, or of all. */
export type RuntimeRole = 'acci_app' | 'acci_system';

/** How many connections a role may hold and how long things may take. Times are in milliseconds. */
export interface PoolOptions {
  /** Most connections at once. Default 10. */
  readonly max?: number;
  /** How long a caller waits for a free connection before {@link DatabaseBusy}. Default 5,000. */
  readonly acquireTimeoutMs?: number;
  /** How long one statement may run. Default 30,000. */
  readonly statementTimeoutMs?: number;
  /** How long a transaction may sit idle between two statements. Default 15,000. */
  readonly idleInTransactionTimeoutMs?: number;
  /**
   * How long a connection in use may be silent before the network is taken for dead. The server ends slow statements
   * and idle transactions itself, so this must be longer than both together; by default it is, by 5,000.
   */
  readonly silenceTimeoutMs?: number;
}

/** A pool's connections at this moment. */
export interface PoolStats {
  readonly total: number;
  readonly idle: number;
  /** Callers that wait for a connection. */
  readonly waiting: number;
  readonly max: number;
}

// `set_config` answers with the value, which nobody reads.
const silent = (text: string) => ({ ...prepared(text), returnsRows: false });
const setTenant = silent(`select set_config('acci.tenant_id', $1, true)`);
const setRole = silent(`select set_config('role', $1, true)`);
const setLockTimeout = silent(`select set_config('lock_timeout', $1, true)`);
const setRoleAndTenant = silent(
  `select set_config('role', $1, true), set_config('acci.tenant_id', $2, true)`,
);
const setReadOnlyAndTenant = silent(
  `select set_config('transaction_read_only', 'on', true), set_config('acci.tenant_id', $1, true)`,
);
const setReadOnlyRoleAndTenant = silent(
  `select set_config('transaction_read_only', 'on', true), set_config('role', $1, true),
          set_config('acci.tenant_id', $2, true)`,
);

/** What binds a transaction to a role and a tenant, for this transaction only. */
export function scopeStatement(role: RuntimeRole, tenantId = ''): BoundStatement {
  return bind(setRoleAndTenant, [role, tenantId]);
}

/**
 * One role's way into the database: a TypeORM data source whose pool also serves the statements that go past
 * TypeORM. A login that is not the role itself (one login for everything, as some hosts hand out) takes the role
 * inside each transaction, in the statement that sets the tenant: no extra round trip, nothing left behind.
 */
export class Login {
  private constructor(
    readonly role: RuntimeRole,
    readonly source: DataSource,
    private readonly pool: Pool,
    private readonly isRole: boolean,
    private readonly max: number,
    /** How long a caller waits for a free connection, in milliseconds. */
    readonly acquireTimeoutMs: number,
    private readonly stopWatching: () => void,
  ) {}

  static async connect(
    role: RuntimeRole,
    url: string,
    entities: MixedList<Function | string | EntitySchema>,
    options: PoolOptions = {},
    onIdleError: (error: Error) => void = () => {},
  ): Promise<Login> {
    const { max = 10, acquireTimeoutMs = 5_000 } = options;
    const { statementTimeoutMs = 30_000, idleInTransactionTimeoutMs = 15_000 } = options;
    const { silenceTimeoutMs = statementTimeoutMs + idleInTransactionTimeoutMs + 5_000 } = options;
    const source = new DataSource({
      type: 'postgres',
      url,
      schema: 'acci',
      entities,
      installExtensions: false,
      poolErrorHandler: onIdleError,
      extra: {
        max,
        connectionTimeoutMillis: acquireTimeoutMs,
        statement_timeout: statementTimeoutMs,
        idle_in_transaction_session_timeout: idleInTransactionTimeoutMs,
        application_name: role,
        keepAlive: true,
      },
    });
    await source.initialize();
    const pool = (source.driver as PostgresDriver).master as Pool;
    // A connection that breaks while it is checked out must fail its query, not the process. At 'acquire', because
    // TypeORM opened the first one before anybody could listen for 'connect'.
    pool.on('acquire', (client) => {
      if (client.listenerCount('error', ignore) === 0) client.on('error', ignore);
    });
    const stopWatching = endSilentConnections(pool, silenceTimeoutMs);
    const user = decodeURIComponent(new URL(url).username);
    return new Login(role, source, pool, user === role, max, acquireTimeoutMs, stopWatching);
  }

  /** The statement that opens a transaction of this role for a tenant; none is needed where nothing is to be set. */
  opening(tenantId: string | undefined): BoundStatement | undefined {
    if (tenantId !== undefined) return this.openingOf(tenantId);
    return this.isRole ? undefined : bind(setRole, [this.role]);
  }

  /** As {@link opening}, for a tenant's transaction: there is always something to set. */
  openingOf(tenantId: string): BoundStatement {
    return this.isRole ? bind(setTenant, [tenantId]) : scopeStatement(this.role, tenantId);
  }

  /** Bounds how long a statement of the transaction waits for a lock, in milliseconds. */
  lockTimeout(ms: number): BoundStatement {
    return bind(setLockTimeout, [String(ms)]);
  }

  /** As {@link openingOf}, for a transaction that must not write. */
  openingReadOnly(tenantId: string): BoundStatement {
    return this.isRole
      ? bind(setReadOnlyAndTenant, [tenantId])
      : bind(setReadOnlyRoleAndTenant, [this.role, tenantId]);
  }

  /**
   * A connection of the pool.
   * @throws {DatabaseBusy} when none comes free in time.
   */
  acquire(): Promise<PoolClient> {
    return this.pool.connect();
  }

  /**
   * Sends statements as one implicit transaction, on a connection of its own for as long as that takes.
   *
   * @param results what {@link sendBatch} fills, also where it fails.
   */
  async send(
    statements: readonly BoundStatement[],
    results: StatementResult[] = [],
  ): Promise<StatementResult[]> {
    const client = await this.acquire();
    let broken = false;
    try {
      return await sendBatch(client, statements, results);
    } catch (error) {
      broken = spoilsConnection(error);
      throw error;
    } finally {
      client.release(broken);
    }
  }

  stats(): PoolStats {
    const { totalCount, idleCount, waitingCount } = this.pool;
    return { total: totalCount, idle: idleCount, waiting: waitingCount, max: this.max };
  }

  async close(): Promise<void> {
    await this.source.destroy();
    this.stopWatching();
  }
}

function ignore(): void {}
