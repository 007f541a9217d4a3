import { isDeepStrictEqual } from 'node:util';
import { inOrder, type Claim, type ClaimChanges } from '../event/claim.js';
import type { EventDefinition } from '../event/event-definition.js';
import type { PersonalDataReader, PersonalRow } from '../store/decoding.js';
import type { AppendSealer, PreparedAppend } from '../store/prepare-append.js';
import { contextOf, isSealedValue, openValue, sealValue } from './ciphers.js';
import { hashed, hasPersonalClaims, refuseClearCopies } from './clear-copies.js';
import { forgotten, type KeyRing } from './key-ring.js';
import { InvalidSubjectId, MasterKeyMissing, SubjectForgotten } from './personal-data.errors.js';
import { personalFieldsOf } from './personal-fields.js';
import { personalValues, type PersonalValue } from './personal-values.js';
import { isSubjectId } from './subject-id.js';
import type { Subject } from './subject-key.js';

/** Data as it is stored: its personal fields encrypted. */
export interface SealedRow {
  readonly json: string;
  /** Whose personal data is in it. */
  readonly subjects: readonly string[];
}

const nobody: ReadonlySet<string> = new Set();

/**
 * Encrypts the personal fields of what is stored, and makes them readable again. Each value is bound to its tenant,
 * stream, version, event type and place in the data: anywhere else it does not open.
 */
export class PersonalDataCipher implements AppendSealer, PersonalDataReader {
  /** @param ring left out in a program without master key, which can then have no personal fields. */
  constructor(readonly ring?: KeyRing) {}

  /**
   * An append as it may be stored. Only one with personal data takes a moment.
   *
   * @throws {SubjectForgotten} {@link InvalidSubjectId}
   * @throws {PersonalValueExposed} for an event that claims a personal value in clear.
   */
  seal(append: PreparedAppend): PreparedAppend | Promise<PreparedAppend> {
    return append.events.some(isPersonal) || hasPersonalClaims(append) ? this.sealPersonal(append) : append;
  }

  /**
   * Encrypts the personal fields of rows that are about to be stored.
   *
   * @param gone subjects who are forgotten: of theirs, nothing but the replacements is stored.
   * @throws {SubjectForgotten} for another one who is forgotten.
   * @throws {InvalidSubjectId}
   */
  sealRows(rows: readonly PersonalRow[], gone: ReadonlySet<string> = nobody): Promise<SealedRow[]> {
    return this.sealAll(rows, gone, () => {
      throw new SubjectForgotten();
    });
  }

  /**
   * As {@link sealRows}, of a state that was made of events. About whoever is forgotten it may have what is read instead
   * of their data, and nothing else.
   *
   * @returns undefined if it has something else: it was made before they were forgotten, or would not come back as it is.
   */
  async sealState(row: PersonalRow): Promise<string | undefined> {
    let lasting = true;
    const [sealed] = await this.sealAll([row], nobody, ({ holder, key, field }) => {
      lasting &&= isDeepStrictEqual(holder[key], field.forgotten);
    });
    return lasting ? sealed?.json : undefined;
  }

  /**
   * The state that {@link sealState} was given.
   *
   * @returns undefined if it has something encrypted about somebody who has been forgotten since.
   */
  async revealState(row: PersonalRow): Promise<unknown> {
    const values = valuesOf(row, row.data);
    const { tenantId } = row;
    const keyOf = await this.keys(row).read(values.map(({ subject }) => ({ tenantId, subject })));
    for (const value of values) {
      const { holder, key: at, subject } = value;
      const key = keyOf({ tenantId, subject });
      if (key !== forgotten) holder[at] = openValue(key, holder[at], placeOf(row, value));
      else if (isSealedValue(holder[at])) return undefined;
    }
    return row.data;
  }

  /**
   * Unique values as they may be stored: those of persons as keyed hashes, which only this tenant's key makes.
   *
   * @throws {SubjectForgotten} for a tenant that was purged.
   */
  async sealClaims(tenantId: string, streamId: string, claims: readonly Claim[]): Promise<readonly Claim[]> {
    if (claims.every(({ of }) => of === undefined)) return claims;
    const { claims: key } = await this.keys().ofTenant(tenantId);
    return claims.map((claim) => hashed(claim, streamId, key));
  }

  /** Makes the data readable in place: it is the caller's own, fresh from the database. */
  async reveal(rows: readonly PersonalRow[]): Promise<readonly unknown[]> {
    const found = rows.map((row) => ({ row, values: valuesOf(row, row.data) }));
    const wanted = found.flatMap(({ row: { tenantId }, values }) =>
      values.map(({ subject }) => ({ tenantId, subject })),
    );
    const keyOf = await this.keys(rows[0]).read(wanted);
    for (const { row, values } of found) {
      for (const value of values) {
        const { holder, key: at, subject } = value;
        const key = keyOf({ tenantId: row.tenantId, subject });
        if (key === forgotten) replace(value);
        else holder[at] = openValue(key, holder[at], placeOf(row, value));
      }
    }
    return rows.map(({ data }) => data);
  }

  private async sealPersonal(append: PreparedAppend): Promise<PreparedAppend> {
    const rows = rowsOf(append);
    const sealed = await this.sealRows(rows);
    const claims = hasPersonalClaims(append) ? await this.sealClaimChanges(append) : append.claims;
    refuseClearCopies(append, rows, sealed);
    const subjects = new Set(claims.taken.flatMap(({ of }) => of ?? []));
    for (const row of sealed) for (const subject of row.subjects) subjects.add(subject);
    const events = append.events.map((event, index) => ({
      ...event,
      json: (sealed[index] as SealedRow).json,
    }));
    return { ...append, events, claims, subjects: [...subjects] };
  }

  private async sealClaimChanges({ tenantId, streamId, claims }: PreparedAppend): Promise<ClaimChanges> {
    const taken = await this.sealClaims(tenantId, streamId, claims.taken);
    const released = await this.sealClaims(tenantId, streamId, claims.released);
    await this.assertKept(
      tenantId,
      taken.flatMap(({ of }) => of ?? []),
    );
    // Hashes have another order than the values had.
    return { taken: inOrder(taken), released };
  }

  private async sealAll(
    rows: readonly PersonalRow[],
    gone: ReadonlySet<string>,
    whenForgotten: (value: PersonalValue) => void,
  ): Promise<SealedRow[]> {
    const cloned = rows.map((row) => {
      const data: unknown = JSON.parse(JSON.stringify(row.data));
      return { row, data, values: valuesOf(row, data) };
    });
    const wanted: Subject[] = [];
    for (const { row, values } of cloned) {
      for (const { subject } of values) {
        if (gone.has(subject)) continue;
        if (!isSubjectId(subject)) throw new InvalidSubjectId();
        wanted.push({ tenantId: row.tenantId, subject });
      }
    }
    const keyOf = await this.keys(rows[0]).readOrMake(wanted);
    return cloned.map(({ row, data, values }) => {
      const subjects = new Set<string>();
      for (const value of values) {
        const { subject, holder, key: at } = value;
        const key = gone.has(subject) ? undefined : keyOf({ tenantId: row.tenantId, subject });
        if (key === undefined) replace(value);
        else if (key === forgotten) whenForgotten(value);
        else {
          holder[at] = sealValue(key, holder[at], placeOf(row, value));
          subjects.add(subject);
        }
      }
      return { json: JSON.stringify(data), subjects: [...subjects] };
    });
  }

  /** Somebody of whom there is nothing but a claim needs a key as well: to be forgotten by. */
  private async assertKept(tenantId: string, subjects: readonly string[]): Promise<void> {
    if (subjects.length === 0) return;
    if (!subjects.every(isSubjectId)) throw new InvalidSubjectId();
    const wanted = subjects.map((subject) => ({ tenantId, subject }));
    const keyOf = await this.keys().readOrMake(wanted);
    if (wanted.some((subject) => keyOf(subject) === forgotten)) throw new SubjectForgotten();
  }

  private keys(row?: PersonalRow): KeyRing {
    if (!this.ring) throw new MasterKeyMissing(row?.definition.type ?? 'A claim');
    return this.ring;
  }
}

function isPersonal({ definition }: { readonly definition: EventDefinition }): boolean {
  return definition.personal.length > 0;
}

function rowsOf({ tenantId, streamId, expectedVersion, events }: PreparedAppend): PersonalRow[] {
  return events.map(({ definition, data }, index) => {
    const version = expectedVersion + index + 1;
    return { tenantId, streamId, version, definition, data };
  });
}

function replace({ holder, key, field }: PersonalValue): void {
  holder[key] = structuredClone(field.forgotten);
}

function valuesOf({ definition, streamId }: PersonalRow, data: unknown): PersonalValue[] {
  return personalValues(personalFieldsOf(definition.schema), data, streamId);
}

function placeOf(
  { tenantId, streamId, version, definition }: PersonalRow,
  { pointer }: PersonalValue,
): string {
  const { type, version: schemaVersion } = definition;
  return contextOf('field', tenantId.toLowerCase(), streamId, version, type, schemaVersion, pointer);
}
