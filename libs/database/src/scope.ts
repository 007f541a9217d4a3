import type { EntityManager } from 'typeorm';
import { TransactionClosed } from './database.errors.js';
import { scopeStatement } from './login.js';
import type { Session } from './session.js';
import { bind, type BoundStatement, type Statement } from './statement.js';
import type { Queued, Transaction } from './transaction.js';

/**
 * What the work sees of a session: its transaction under one tenant, or under none. One scope of a session is
 * active at a time; the others refuse, so that no statement runs under a tenant that its author did not mean.
 */
export class Scope implements Transaction {
  private constructor(
    private readonly session: Session,
    readonly tenantId: string | undefined,
    private readonly active: { scope: Scope | undefined },
  ) {}

  static outermost(session: Session, tenantId: string | undefined): Scope {
    const active: { scope: Scope | undefined } = { scope: undefined };
    active.scope = new Scope(session, tenantId, active);
    return active.scope;
  }

  /** Takes the role and tenant of one tenant's work, until {@link widen}. */
  narrow(tenantId: string): Scope {
    return this.enter(tenantId, scopeStatement('acci_app', tenantId));
  }

  /** Goes on with a tenant's work after this one's. */
  enter(tenantId: string, opening: BoundStatement): Scope {
    this.assertActive();
    this.session.enqueue(opening);
    this.active.scope = new Scope(this.session, tenantId, this.active);
    return this.active.scope;
  }

  /** Gives the transaction back to the system scope it was narrowed from. */
  widen(outer: Scope): void {
    this.session.enqueue(scopeStatement('acci_system'));
    this.active.scope = outer;
  }

  async query<R extends object>(statement: Statement, values?: readonly unknown[]): Promise<R[]> {
    const queued = this.execute<R>(statement, values);
    await this.session.flush();
    return queued.rows as R[];
  }

  execute<R extends object>(statement: Statement, values?: readonly unknown[]): Queued<R> {
    this.assertActive();
    return this.session.enqueue(bind(statement, values)) as unknown as Queued<R>;
  }

  flush(): Promise<void> {
    return this.session.flush();
  }

  manager(): Promise<EntityManager> {
    this.assertActive();
    return this.session.manager();
  }

  afterCommit(work: () => void): void {
    this.session.afterCommit(work);
  }

  private assertActive(): void {
    if (this.active.scope === this) return;
    const now = this.active.scope?.tenantId ?? 'the system';
    throw new TransactionClosed(
      `This transaction works for ${now} now; the work it was handed to has ended or waits`,
    );
  }
}
