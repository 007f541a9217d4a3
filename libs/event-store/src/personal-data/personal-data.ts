import { uuidv7, type Database, type Transaction } from '@acci/database';
import type { Context } from '../context.js';
import type { EventRegistry } from '../event/event-registry.js';
import { comparePositions, formatPosition, type Position } from '../position.js';
import type { EventStore } from '../store/event-store.js';
import { eventsOfSubject, streamsOf, type EventOfSubject } from './events-of-subject.js';
import {
  toReceipt,
  type ForgetReceipt,
  type ForgetReceiptRow,
  type ForgetVerification,
} from './forget-receipt.js';
import * as sql from './forget-statements.js';
import { eventProblems, remains } from './forget-verification.js';
import type { KeyRing } from './key-ring.js';
import { isSubjectId } from './subject-id.js';
import type { Subject } from './subject-key.js';
import { ForgetReceiptNotFound, InvalidSubjectId, MasterKeyMissing } from './personal-data.errors.js';
import type { PersonalDataCipher } from './personal-data-cipher.js';
import type { PersonalDataHolder } from './personal-data-holder.js';
import { rotateMasterKey, rotateTenantKey } from './rotation.js';
import { ForgottenSubject, SubjectWasForgotten } from './forgotten-subject.js';

/**
 * Forgets persons, proves it, and rotates the keys that their data is under.
 *
 * @example
 * const receipt = await personalData.forget(ctx, customerId);
 * const { verified, problems } = await personalData.verify(ctx, receipt.id);
 */
export class PersonalData {
  private readonly holders: PersonalDataHolder[] = [];

  constructor(
    private readonly database: Database,
    private readonly registry: EventRegistry,
    private readonly store: EventStore,
    private readonly cipher: PersonalDataCipher,
  ) {
    registry.register(ForgottenSubject);
    // Also where the event comes with an import: who was forgotten there stays forgotten here.
    store.onAppend(
      (events, tx) => {
        for (const { tenantId, data } of events) {
          const { subject } = data as SubjectWasForgotten['data'];
          this.destroyKey(tx, { tenantId, subject });
        }
      },
      { types: [SubjectWasForgotten.type] },
    );
  }

  /** Adds something that keeps copies of personal data. */
  addHolder(holder: PersonalDataHolder): void {
    this.holders.push(holder);
  }

  /**
   * Forgets a person: destroys the key that their data is under, releases their unique values, drops snapshots, has
   * read models replace what they show, and leaves a receipt; all in one transaction, to which the event
   * `acci.subject.forgotten` belongs. Appends that are under way come before it, or are refused. There is no way
   * back; to forget somebody again changes nothing, and to forget somebody unknown keeps data about them out.
   *
   * @throws {InvalidSubjectId}
   */
  async forget(ctx: Context, subject: string): Promise<ForgetReceipt> {
    if (!isSubjectId(subject)) throw new InvalidSubjectId();
    const { tenantId } = ctx;
    const who: Subject = { tenantId, subject };
    return this.database.asSystem('forget a subject', async (system) => {
      const destroyed = await this.database.inTenant(tenantId, (tx) => {
        tx.execute(sql.lockClaimsOfSubject, [tenantId, subject]);
        const queued = this.destroyKey(tx, who);
        // Whoever forgets the same person waits for our receipt.
        tx.execute(sql.lockSubject, [tenantId, subject]);
        return { queued };
      });
      if (destroyed.queued.rows.length === 0) {
        const [row] = await this.database.inTenant(tenantId, (tx) =>
          tx.query<ForgetReceiptRow>(sql.selectReceiptOfSubject, [tenantId, subject]),
        );
        if (row) return toReceipt(row);
        // Who came forgotten, with an imported tenant, has no receipt yet.
      }
      const events = await eventsOfSubject(this.registry, system, who);
      return this.database.inTenant(tenantId, (tx) => this.leaveReceipt(ctx, who, events, tx));
    });
  }

  /**
   * The receipt of a person's forgetting.
   *
   * @throws {ForgetReceiptNotFound}
   */
  async receipt(ctx: Context, receiptId: string): Promise<ForgetReceipt> {
    return this.database.inTenant(ctx.tenantId, (tx) =>
      this.read(tx, sql.selectReceipt, [ctx.tenantId, receiptId]),
    );
  }

  /**
   * Holds a receipt against what is really there: the key, the events and what stands in them, unique values,
   * snapshots and read models. Not to be called inside a transaction.
   *
   * @throws {ForgetReceiptNotFound}
   */
  async verify(ctx: Context, receiptId: string): Promise<ForgetVerification> {
    const receipt = await this.receipt(ctx, receiptId);
    const problems = await this.database.asSystem('verify a forgetting', async (system) => {
      const events = await eventsOfSubject(this.registry, system, receipt);
      const left = await this.database.inTenant(ctx.tenantId, (tx) => remains(receipt, events, tx));
      return [...left, ...eventProblems(receipt, events)];
    });
    for (const holder of this.holders) problems.push(...(await holder.remains(receipt)));
    return { receipt, verified: problems.length === 0, problems };
  }

  /**
   * Gives a tenant a new key and wraps the keys of its subjects by it; no event is written anew. Can be run again
   * after whatever interrupted it.
   *
   * @returns how many keys of subjects were wrapped anew.
   * @throws {MasterKeyLost} {@link MasterKeyMissing}
   */
  rotateTenantKey(tenantId: string): Promise<number> {
    return rotateTenantKey(this.database, this.keys, tenantId);
  }

  /**
   * Wraps every tenant's key that is under another master key than the current one. Once no process uses another one first,
   * and this returns 0, the others can be taken away, and with them whatever only old backups still hold. Can be run
   * again after whatever interrupted it.
   *
   * @returns how many keys of tenants were wrapped anew.
   * @throws {MasterKeyLost} {@link MasterKeyMissing}
   */
  rotateMasterKey(): Promise<number> {
    return rotateMasterKey(this.database, this.keys.tenantKeys);
  }

  /**
   * Fails if personal data could not be stored or read: no master key, or not the one that the database's keys are
   * under. Run at boot.
   *
   * @throws {MasterKeyMissing} {@link MasterKeyLost}
   */
  async verifyKeys(): Promise<void> {
    const personal = this.registry.events().find(({ definition }) => definition.personal.length > 0);
    if (personal && !this.ring) throw new MasterKeyMissing(personal.definition.type);
    await this.ring?.tenantKeys.verifyMasterKeys();
  }

  /** Drops every decrypted key. */
  close(): void {
    this.ring?.close();
  }

  private get ring(): KeyRing | undefined {
    return this.cipher.ring;
  }

  private get keys(): KeyRing {
    if (!this.ring) throw new MasterKeyMissing('The database');
    return this.ring;
  }

  private destroyKey(tx: Transaction, who: Subject): { readonly rows: readonly object[] } {
    tx.afterCommit(() => this.ring?.destroyed(who));
    return tx.execute(sql.destroySubjectKeys, [who.tenantId, [who.subject]]);
  }

  private async leaveReceipt(
    ctx: Context,
    who: Subject,
    events: readonly EventOfSubject[],
    tx: Transaction,
  ): Promise<ForgetReceipt> {
    const { tenantId, subject } = who;
    const rows = await this.clear(who, events, tx);
    const id = uuidv7();
    const forgotten = ForgottenSubject.of(id, { subject, events: events.length, rows });
    const { position } = await this.store.save(ctx, forgotten);
    const last = events.at(-1);
    if (last && comparePositions(last.position, position as Position) > 0) throw new EventAfterForgetting();
    tx.execute(sql.insertReceipt, [
      tenantId,
      id,
      subject,
      ctx.actor,
      formatPosition(position as Position),
      events.map((event) => formatPosition(event.position)),
      JSON.stringify(rows),
    ]);
    return this.read(tx, sql.selectReceipt, [tenantId, id]);
  }

  private async clear(
    who: Subject,
    events: readonly EventOfSubject[],
    tx: Transaction,
  ): Promise<Record<string, number>> {
    const key = [who.tenantId, who.subject];
    const claims = tx.execute<{ count: number }>(sql.releaseClaimsOfSubject, key);
    const snapshots = tx.execute<{ count: number }>(sql.deleteSnapshotsOfSubject, [
      ...key,
      streamsOf(events),
    ]);
    await tx.flush();
    const rows: Record<string, number> = {
      'acci.unique_claims': claims.rows[0]?.count ?? 0,
      'acci.snapshots': snapshots.rows[0]?.count ?? 0,
    };
    for (const holder of this.holders) Object.assign(rows, await holder.forget(who, tx));
    return rows;
  }

  private async read(tx: Transaction, ...query: Parameters<Transaction['query']>): Promise<ForgetReceipt> {
    const [row] = await tx.query<ForgetReceiptRow>(...query);
    if (!row) throw new ForgetReceiptNotFound(String(query[1]?.[1]));
    return toReceipt(row);
  }
}

/**
 * An event of the person stands in the log behind the place of their forgetting: its transaction began later and ended
 * earlier. As a serialization failure it makes the forgetting begin anew, at a later place.
 */
class EventAfterForgetting extends Error {
  readonly code = '40001';
}
