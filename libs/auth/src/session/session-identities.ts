import { Injectable } from '@nestjs/common';
import type { Identity } from '../access/authenticator.js';
import { withEverybodys } from '../grant/everybody.js';
import { Grants } from '../grant/grants.js';
import type { StoredGrant } from '../grant/stored-grants.js';
import { ownerRoleId } from '../role/built-in-roles.js';
import type { JudgedSession } from './session-table.js';

/** An operator who acts as nobody in particular may do what an owner of the tenant may. */
const nobody: readonly StoredGrant[] = [{ roleId: ownerRoleId, permissions: null, condition: null }];

// Everybody may follow what is their own: nobody shall take all places of their tenant by that.
const maxStreams = 100;

/** Makes of a session who asks, and what they may do. */
@Injectable()
export class SessionIdentities {
  constructor(private readonly grants: Grants) {}

  of(tenantId: string, session: JudgedSession): Identity {
    const { id: sessionId, userId, department, impersonator, expiresAt } = session;
    const user = userId === null ? undefined : { id: userId, department };
    const stored = user ? session.grants : nobody;
    const { permissions, conditional } = this.grants.from(stored, tenantId, user);
    const identity: Identity = {
      tenantId,
      actor: `user:${userId}`,
      permissions: withEverybodys(permissions),
      conditional,
      sessionId,
      maxStreams,
      ...(userId !== null && { subject: { type: 'user', id: userId } }),
    };
    if (!impersonator) return identity;
    const { actor, reason } = impersonator;
    return {
      ...identity,
      actor: user ? `${actor} as user:${user.id}` : actor,
      impersonator: { actor, reason },
      expiresAt,
    };
  }
}
