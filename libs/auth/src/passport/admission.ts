import { type AnyRequest, rawRequest, setIdentity } from '@acci/rest';
import { TenantStatus } from '@acci/tenancy';
import { Injectable } from '@nestjs/common';
import { assertOneAuthorization, type Authenticator, type Identity } from '../access/authenticator.js';
import { CredentialsInvalid } from '../auth.errors.js';
import { TenantSwitch } from '../guest/tenant-switch.js';

/** Lets people in behind passport's guards as the global one does, so that `@Ctx()` and `@Caller()` work there too. */
@Injectable()
export class Admission {
  constructor(
    private readonly tenants: TenantStatus,
    private readonly tenantSwitch: TenantSwitch,
  ) {}

  /**
   * @returns undefined if the request has no credentials of the authenticator's kind: passport asks its next strategy then.
   * @throws what the authenticator throws; {@link CredentialsInvalid} for several `Authorization` headers.
   * @throws {TenantRefused} {@link TenantNotReachable} if the tenant is not served, or not the user's to act in.
   */
  async admit(request: AnyRequest, authenticator: Authenticator): Promise<Identity | undefined> {
    const identity = await this.identify(request, authenticator);
    if (!identity) return undefined;
    setIdentity(request, identity, async () => {
      const now = await this.identify(request, authenticator);
      if (!now) throw new CredentialsInvalid();
      return now;
    });
    return identity;
  }

  private async identify(request: AnyRequest, authenticator: Authenticator): Promise<Identity | undefined> {
    const raw = rawRequest(request);
    assertOneAuthorization(raw);
    const known = await authenticator.authenticate(raw);
    if (!known) return undefined;
    const identity = await this.tenantSwitch.follow(known, raw);
    await this.tenants.assertActive(identity.tenantId);
    return identity;
  }
}
