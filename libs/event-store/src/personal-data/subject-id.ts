import { isStreamId } from '../store/prepare-append.js';

const uuid = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i;

/**
 * True for what can name a subject. A UUID has one spelling: read models compare it as a number, so two spellings would
 * be one person to them and two to the keys.
 */
export function isSubjectId(id: string): boolean {
  return isStreamId(id) && !(uuid.test(id) && id !== id.toLowerCase());
}
