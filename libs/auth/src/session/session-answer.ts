import type { SessionResponse } from './session.schemas.js';
import type { SessionRow } from './session-table.js';

/** What leaves of a session in a list. */
export function listedSession(row: SessionRow, currentId: string | undefined): SessionResponse {
  return { ...sessionAnswer(row), current: row.id === currentId };
}

/** What leaves of a session. */
export function sessionAnswer(row: SessionRow): Omit<SessionResponse, 'current'> {
  const { id, createdAt, lastSeenAt, expiresAt, idleMs, device, address, amr, impersonator } = row;
  const idleEnd = Math.min(lastSeenAt.getTime() + idleMs, expiresAt.getTime());
  return {
    id,
    createdAt: createdAt.toISOString(),
    lastSeenAt: lastSeenAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
    idleEndsAt: new Date(idleEnd).toISOString(),
    device,
    address,
    amr: [...amr],
    impersonator: impersonator && { actor: impersonator.actor, reason: impersonator.reason },
  };
}
