import { prepared, type Transaction } from '@acci/database';
import type { PreparedAppend } from '../store/prepare-append.js';

/**
 * Fails with FORGT if one of the subjects is forgotten; else none of them can be before this transaction ends. Row
 * locks, and not advisory ones: they hold in every isolation level, and any number of them can be had.
 */
const selectHeld = prepared(`
  select case when count(wrapped) < $3::int then acci.subjects_lost($3::int, count(*)) end
    from (select wrapped from acci.subject_keys
           where tenant_id = $1::uuid and subject = any ($2::text[]) order by subject for share) as held`);

const noteStreams = prepared(`
  insert into acci.subject_streams (tenant_id, subject, stream_id)
  select distinct $1::uuid, note.subject, note.stream_id from unnest($2::text[], $3::text[]) as note (subject, stream_id)
   where note.subject <> note.stream_id
  on conflict do nothing`);

const noteClaimSubjects = prepared(`
  update acci.unique_claims as held set subject = claim.subject
    from unnest($3::text[], $4::text[], $5::text[]) as claim (scope, value, subject)
   where held.tenant_id = $1::uuid and held.stream_id = $2::text
     and held.scope = claim.scope and held.value = claim.value`);

/** Whose personal data a stream gets. */
export interface HeldSubject {
  readonly subject: string;
  readonly streamId: string;
}

/** Whose personal data is in an append, and in which stream. */
export function subjectsOf({ streamId, subjects }: PreparedAppend): HeldSubject[] {
  return subjects.map((subject) => ({ subject, streamId }));
}

/** Queues what keeps subjects from being forgotten before the transaction ends, or has it fail. */
export function holdSubjects(
  tx: Transaction,
  tenantId: string,
  held: readonly Pick<HeldSubject, 'subject'>[],
): void {
  if (held.length === 0) return;
  const subjects = new Set(held.map(({ subject }) => subject));
  tx.execute(selectHeld, [tenantId, [...subjects], subjects.size]);
}

/** {@link holdSubjects}, and notes which streams have something about them. */
export function keepSubjects(tx: Transaction, tenantId: string, held: readonly HeldSubject[]): void {
  if (held.length === 0) return;
  holdSubjects(tx, tenantId, held);
  const columns = [held.map(({ subject }) => subject), held.map(({ streamId }) => streamId)];
  tx.execute(noteStreams, [tenantId, ...columns]);
}

/**
 * An append whose events' metadata names the person whom they are about, if there is one only: so they are found again
 * at no cost to the append.
 */
export function namingSubject(append: PreparedAppend): PreparedAppend {
  const { subjects, metadata } = append;
  const [subject] = subjects;
  return subject !== undefined && subjects.length === 1
    ? { ...append, metadata: { ...metadata, subject } }
    : append;
}

/** Queues all that the personal data of an append needs besides its events. */
export function keepPersonalData(tx: Transaction, append: PreparedAppend): void {
  const { tenantId, streamId, claims, metadata } = append;
  const held = subjectsOf(append);
  if (held.length === 0) return;
  if (metadata.subject === undefined) keepSubjects(tx, tenantId, held);
  else holdSubjects(tx, tenantId, held);
  const personal = claims.taken.filter(({ of }) => of !== undefined);
  if (personal.length === 0) return;
  tx.execute(noteClaimSubjects, [
    tenantId,
    streamId,
    personal.map(({ scope }) => scope),
    personal.map(({ value }) => value),
    personal.map(({ of }) => of),
  ]);
}
