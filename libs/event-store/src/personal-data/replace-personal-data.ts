import type { Transaction } from '@acci/database';
import type { PersonalRow } from '../store/decoding.js';
import { destroySubjectKeys } from './forget-statements.js';
import { personalFieldsOf } from './personal-fields.js';
import { personalValues } from './personal-values.js';

/** The data as it is read once everybody in it is forgotten. In place: it is the caller's own. */
export function replacePersonalData({
  streamId,
  definition,
  data,
}: Pick<PersonalRow, 'streamId' | 'definition' | 'data'>): unknown {
  for (const { holder, key, field } of personalValues(personalFieldsOf(definition.schema), data, streamId))
    holder[key] = structuredClone(field.forgotten);
  return data;
}

/** Queues what keeps personal data of subjects out of a tenant who were forgotten elsewhere. */
export function acceptForgotten(tx: Transaction, tenantId: string, subjects: readonly string[]): void {
  if (subjects.length > 0) tx.execute(destroySubjectKeys, [tenantId, subjects]);
}
