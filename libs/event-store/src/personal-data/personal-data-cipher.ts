import { isDeepStrictEqual } from 'node:util';
import { inOrder, type Claim, type ClaimChanges } from '../event/claim.js';
import type { EventDefinition } from '../event/event-definition.js';
import type { PersonalDataReader, PersonalRow } from '../store/decoding.js';
import type { AppendSealer, PreparedAppend } from '../store/prepare-append.js';
import { isSealedValue, openValue } from './ciphers.js';
import { hashed, hasPersonalClaims, refuseClearCopies } from './clear-copies.js';
import { forgotten, type KeyRing, type SubjectKey } from './key-ring.js';
import { InvalidSubjectId, MasterKeyMissing, SubjectForgotten } from './personal-data.errors.js';
import { personalFieldsOf } from './personal-fields.js';
import { personalValues, type PersonalValue } from './personal-values.js';
import { placeOf, replace, sealed, sealingOf, type SealedRow, type Sealing } from './sealing.js';
import { isSubjectId } from './subject-id.js';

const nobody: ReadonlySet<string> = new Set();

/**
 * Encrypts the personal fields of what is stored, and makes them readable again. Each value is bound to its tenant,
 * stream, version, event type and place in the data: anywhere else it does not open.
 */
export class PersonalDataCipher implements AppendSealer, PersonalDataReader {
  /** @param ring left out in a program without master key, which can then have no personal fields. */
  constructor(readonly ring?: KeyRing) {}

  /**
   * An append as it may be stored. It takes more than a moment only if the key of a person has to be fetched first.
   *
   * @throws {SubjectForgotten} {@link InvalidSubjectId}
   * @throws {PersonalValueExposed} for an event that claims a personal value in clear.
   */
  seal(append: PreparedAppend): PreparedAppend | Promise<PreparedAppend> {
    const claims = hasPersonalClaims(append);
    if (!claims && !append.events.some(isPersonal)) return append;
    const rows = rowsOf(append);
    const sealing = sealingOf(rows);
    const keys = claims ? undefined : this.keys(rows[0]).cached(sealing.wanted);
    return keys
      ? sealedAppend(append, rows, append.claims, sealed(sealing, keys, refuseForgotten))
      : this.sealSlowly(append, rows, sealing);
  }

  /**
   * Encrypts the personal fields of rows that are about to be stored.
   *
   * @param gone subjects who are forgotten: of theirs, nothing but the replacements is stored.
   * @throws {SubjectForgotten} for another one who is forgotten.
   * @throws {InvalidSubjectId}
   */
  async sealRows(rows: readonly PersonalRow[], gone: ReadonlySet<string> = nobody): Promise<SealedRow[]> {
    const sealing = sealingOf(rows);
    const wanted = sealing.wanted.filter(({ subject }) => !gone.has(subject));
    const found = (await this.keys(rows[0]).readOrMake(wanted)).values();
    const keys = sealing.wanted.map(({ subject }): SubjectKey | undefined =>
      gone.has(subject) ? undefined : found.next().value,
    );
    return sealed(sealing, keys, refuseForgotten);
  }

  /**
   * As {@link sealRows}, of a state that was made of events. About whoever is forgotten it may have what is read instead
   * of their data, and nothing else.
   *
   * @returns undefined if it has something else: it was made before they were forgotten, or would not come back as it is.
   */
  async sealState(row: PersonalRow): Promise<string | undefined> {
    let lasting = true;
    const data: unknown = JSON.parse(JSON.stringify(row.data));
    const sealing = sealingOf([{ ...row, data }]);
    const keys = await this.keys(row).readOrMake(sealing.wanted);
    const [state] = sealed(sealing, keys, ({ holder, key, field }) => {
      lasting &&= isDeepStrictEqual(holder[key], field.forgotten);
    });
    return lasting ? state?.json : undefined;
  }

  /**
   * The state that {@link sealState} was given.
   *
   * @returns undefined if it has something encrypted about somebody who has been forgotten since.
   */
  async revealState(row: PersonalRow): Promise<unknown> {
    const values = valuesOf(row, row.data);
    const { tenantId } = row;
    const keys = await this.keys(row).read(values.map(({ subject }) => ({ tenantId, subject })));
    for (const [index, value] of values.entries()) {
      const { holder, key: at } = value;
      const key = keys[index] as SubjectKey;
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
    const keys = await this.keys(rows[0]).read(wanted);
    let next = 0;
    for (const { row, values } of found) {
      for (const value of values) {
        const { holder, key: at } = value;
        const key = keys[next++] as SubjectKey;
        if (key === forgotten) replace(value);
        else holder[at] = openValue(key, holder[at], placeOf(row, value));
      }
    }
    return rows.map(({ data }) => data);
  }

  private async sealSlowly(
    append: PreparedAppend,
    rows: readonly PersonalRow[],
    sealing: Sealing,
  ): Promise<PreparedAppend> {
    const keys = await this.keys(rows[0]).readOrMake(sealing.wanted);
    const claims = hasPersonalClaims(append) ? await this.sealClaimChanges(append) : append.claims;
    return sealedAppend(append, rows, claims, sealed(sealing, keys, refuseForgotten));
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

  /** Somebody of whom there is nothing but a claim needs a key as well: to be forgotten by. */
  private async assertKept(tenantId: string, subjects: readonly string[]): Promise<void> {
    if (subjects.length === 0) return;
    if (!subjects.every(isSubjectId)) throw new InvalidSubjectId();
    const wanted = subjects.map((subject) => ({ tenantId, subject }));
    const keys = await this.keys().readOrMake(wanted);
    if (keys.includes(forgotten)) throw new SubjectForgotten();
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

/** Of the same shape as an append without personal data: the way on, which they share, stays fast. */
function sealedAppend(
  append: PreparedAppend,
  rows: readonly PersonalRow[],
  claims: ClaimChanges,
  sealedRows: readonly SealedRow[],
): PreparedAppend {
  refuseClearCopies(append, rows, sealedRows);
  const subjects = new Set(claims.taken.flatMap(({ of }) => of ?? []));
  for (const row of sealedRows) for (const subject of row.subjects) subjects.add(subject);
  const { tenantId, streamType, streamId, expectedVersion, metadata, recordedAt } = append;
  const events = append.events.map(({ id, definition, tags, data }, index) => {
    const { json } = sealedRows[index] as SealedRow;
    return { id, definition, tags, data, json };
  });
  return {
    tenantId,
    streamType,
    streamId,
    expectedVersion,
    events,
    claims,
    metadata,
    recordedAt,
    subjects: [...subjects],
  };
}

function refuseForgotten(): never {
  throw new SubjectForgotten();
}

function valuesOf({ definition, streamId }: PersonalRow, data: unknown): PersonalValue[] {
  return personalValues(personalFieldsOf(definition.schema), data, streamId);
}
