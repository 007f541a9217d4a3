import { ClaimTaken, EpochNotAdopted, StreamConflict } from '../event-store.errors.js';
import { SubjectForgotten } from '../personal-data/personal-data.errors.js';
import type { PreparedAppend } from './prepare-append.js';

/** What PostgreSQL tells about an error, as the driver hands it on. */
interface ServerError extends Error {
  readonly code?: string;
  readonly schema?: string;
  readonly table?: string;
  readonly constraint?: string;
  readonly column?: string;
  readonly detail?: string;
}

/** Says in the store's words what the database refused; anything else stays as it is. */
export function translateAppendError(error: unknown, append: PreparedAppend): unknown {
  if (!(error instanceof Error)) return error;
  const { code, schema, table, constraint, column, detail } = error as ServerError;
  const { streamType, streamId, expectedVersion, claims } = append;
  const ofEvents = schema === 'acci' && table === 'events';
  const isTaken = code === '23505' && constraint === 'events_pkey';
  const isAhead = code === '23502' && column === 'version';
  if (ofEvents && (isTaken || isAhead))
    return new StreamConflict(streamType, streamId, expectedVersion, { cause: error });
  if (code === 'TAKEN') {
    const claim = claims.taken[Number(detail) - 1];
    return claim?.taken?.() ?? new ClaimTaken(claim?.scope ?? '', { cause: error });
  }
  if (code === 'FORGT') return new SubjectForgotten({ cause: error });
  if (code === 'STALE' || (code === '23502' && ofEvents && column === 'epoch')) return new EpochNotAdopted();
  return error;
}

/** As {@link translateAppendError}, for reads of the log. */
export function translateReadError(error: unknown): unknown {
  return error instanceof Error && 'code' in error && error.code === 'STALE' ? new EpochNotAdopted() : error;
}
