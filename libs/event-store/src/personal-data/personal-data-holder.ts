import type { Transaction } from '@acci/database';
import type { ForgetReceipt } from './forget-receipt.js';
import type { Subject } from './subject-key.js';

/**
 * Something that keeps copies of personal data in the database, such as read models. It is asked in the transaction
 * that forgets, and its word is part of the receipt.
 *
 * @example
 * personalData.addHolder({
 *   forget: async ({ tenantId, subject }, tx) => ({
 *     'shop.notes': (await tx.query(deleteNotes, [tenantId, subject])).length,
 *   }),
 *   remains: async ({ tenantId, subject }) =>
 *     (await database.queryInTenant(tenantId, selectNotes, [subject])).map(() => 'shop.notes has a note'),
 * });
 */
export interface PersonalDataHolder {
  /** Replaces or removes what it has of a subject. @returns how many rows, by table. */
  forget(subject: Subject, tx: Transaction): Promise<Readonly<Record<string, number>>>;
  /** What it still has of a forgotten subject, in words without anything personal; nothing, if all is well. */
  remains(receipt: ForgetReceipt): Promise<readonly string[]>;
}
