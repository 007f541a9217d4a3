import type { IncomingMessage } from 'node:http';
import { Database, prepared } from '@acci/database';
import { Recent, TenantLookup, TenantStatus } from '@acci/tenancy';
import { Injectable } from '@nestjs/common';
import type { Identity } from '../access/authenticator.js';
import { Grants } from '../grant/grants.js';
import { grantsOfGuest, type StoredGrant } from '../grant/stored-grants.js';
import { TenantNotReachable } from './guest.errors.js';

/** The header by which a user of a tenant names another one, below theirs, to act in. */
export const tenantHeader = 'x-acci-tenant';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const select = prepared(`select ${grantsOfGuest('$1::uuid', '$2::uuid', '$3::uuid')} as grants`);

/**
 * Lets a user act in a tenant below theirs, as far as they were given roles there. That it is below is asked at every
 * request, as tenants move; what was read is used for a second.
 */
@Injectable()
export class TenantSwitch {
  private readonly recent = new Recent<readonly StoredGrant[] | null>({ ttlMs: 1_000, max: 10_000 });

  constructor(
    private readonly database: Database,
    private readonly tenants: TenantLookup,
    private readonly status: TenantStatus,
    private readonly grants: Grants,
  ) {}

  /**
   * The identity in the tenant that the request names; as it is, if it names none.
   *
   * @throws {TenantNotReachable} {@link TenantRefused} if the user's own tenant is not served.
   */
  async follow(identity: Identity, request: IncomingMessage): Promise<Identity> {
    const named = request.headers[tenantHeader];
    if (named === undefined) return identity;
    const tenantId = String(named).toLowerCase();
    const home = identity.tenantId;
    if (tenantId === home) return identity;
    const { subject, impersonator } = identity;
    // An operator who is let into one tenant is not thereby let into those below it.
    if (impersonator || subject?.type !== 'user' || !uuid.test(tenantId)) throw new TenantNotReachable();
    const [above, stored] = await Promise.all([
      this.tenants.ancestorsOf(tenantId),
      this.rolesOf(tenantId, home, subject.id),
      this.status.assertActive(home),
    ]);
    if (!above.includes(home) || !stored) throw new TenantNotReachable();
    // A guest's department is one of another tenant: no condition can compare with it.
    const granted = this.grants.from(stored, tenantId, { id: subject.id, department: null });
    return { ...identity, ...granted, tenantId, homeTenantId: home, actor: `guest:${home}/${subject.id}` };
  }

  private rolesOf(
    tenantId: string,
    homeTenantId: string,
    userId: string,
  ): Promise<readonly StoredGrant[] | null> {
    return this.recent.ask(`${tenantId} ${homeTenantId} ${userId}`, async () => {
      const values = [tenantId, homeTenantId, userId];
      const [row] = await this.database.readInTenant<{ grants: StoredGrant[] | null }>(
        tenantId,
        select,
        values,
      );
      return row?.grants ?? null;
    });
  }
}
