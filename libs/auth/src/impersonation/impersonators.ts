import type { IncomingMessage } from 'node:http';
import { clientAddressOf } from '@acci/rest';
import { Injectable } from '@nestjs/common';
import { isWithin } from '../address-range/address-range.js';
import { KeySecrets } from '../api-key/key-secrets.js';
import { Grants } from '../grant/grants.js';
import { grantsWithOwn, type StoredGrant } from '../grant/stored-grants.js';
import { ConfiguredOperatorKey } from '../operator-key/configured-operator-key.js';
import { permits } from '../permissions/permissions.js';
import { KnownSessions } from '../session/known-sessions.js';
import { SessionClock } from '../session/session-clock.js';
import type { Impersonator, SessionRow } from '../session/session-table.js';

/** What an operator must hold, as long as they act in a tenant. */
const impersonate = 'tenancy.tenants.impersonate';

interface Held {
  readonly permissions: readonly string[];
  readonly grants: readonly StoredGrant[] | null;
}

/** Tells whether operators who act in a tenant may still do so: as long as what they came with is good for it. */
@Injectable()
export class Impersonators {
  constructor(
    private readonly known: KnownSessions,
    private readonly keys: KeySecrets,
    private readonly grants: Grants,
    private readonly clock: SessionClock,
    private readonly configured: ConfiguredOperatorKey,
  ) {}

  /**
   * True for a session of nobody but its own user, and for an operator's while their own session or key allows it.
   *
   * @param request what the session is shown in: a key that is good from some networks only lets nobody act from elsewhere.
   */
  async stand({ impersonator }: SessionRow, request: IncomingMessage): Promise<boolean> {
    if (!impersonator) return true;
    return impersonator.sessionId === undefined
      ? this.byKey(impersonator, request)
      : this.bySession({ tenantId: impersonator.tenantId, id: impersonator.sessionId });
  }

  private async bySession(address: { readonly tenantId: string; readonly id: string }): Promise<boolean> {
    const session = await this.known.byId(address);
    return session !== undefined && permits(session.identity.permissions, impersonate);
  }

  private async byKey({ tenantId, subject }: Impersonator, request: IncomingMessage): Promise<boolean> {
    const key = await this.keys.find({ tenantId, keyId: subject.id });
    if (!key || (key.expiresAt && key.expiresAt <= this.clock.now())) return false;
    // Taken out of the configuration, or changed there, it stands in the database all the same.
    if (subject.id === this.configured.address.keyId && !this.configured.addressOf(key.hash)) return false;
    const { addressRanges } = key;
    if (addressRanges.length > 0 && !isWithin(clientAddressOf(request), addressRanges)) return false;
    const holds = ({ permissions, grants }: Held) =>
      permits(this.grants.from(grantsWithOwn(permissions, grants), tenantId).permissions, impersonate);
    return holds(key) && (!key.ownerHolds || holds(key.ownerHolds));
  }
}
