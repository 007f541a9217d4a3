import {
  accessOf,
  type AnyRequest,
  type AnyResponse,
  rawRequest,
  rawResponse,
  setIdentity,
} from '@acci/rest';
import { TenantStatus } from '@acci/tenancy';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { CredentialsInvalid, PermissionMissing } from '../auth.errors.js';
import { permits } from '../permissions/permissions.js';
import { Authenticators, type Identity } from './authenticator.js';

/**
 * Lets nobody in who is not known, whose tenant is not active, or who may not do what the route does. Global: it
 * stands before every route that is not `@Public()`.
 */
@Injectable()
export class PermissionGuard implements CanActivate {
  constructor(
    private readonly authenticators: Authenticators,
    private readonly tenants: TenantStatus,
  ) {}

  /**
   * @throws {CredentialsMissing} {@link CredentialsInvalid} if it is not known who asks.
   * @throws {PermissionMissing} if they lack the permission that the route declares.
   */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = accessOf(context.getHandler(), context.getClass());
    // Such a route does not boot; should one be added later, it stays shut.
    if (!access) return false;
    if ('public' in access) return true;
    const http = context.switchToHttp();
    const request = http.getRequest<AnyRequest>();
    const response = http.getResponse<AnyResponse>();
    const { permission } = access;
    const identity = await this.authenticators.authenticate(rawRequest(request)).catch((error: unknown) => {
      if (error instanceof CredentialsInvalid) challenge(response, 'error="invalid_token"');
      throw error;
    });
    setIdentity(request, identity, async () => {
      const now = await this.authenticators.authenticate(rawRequest(request));
      await this.assertPermitted(now, permission);
      return now;
    });
    await this.assertPermitted(identity, permission).catch((error: unknown) => {
      if (error instanceof PermissionMissing)
        challenge(response, `error="insufficient_scope", scope="${permission}"`);
      throw error;
    });
    return true;
  }

  private async assertPermitted({ tenantId, permissions }: Identity, permission: string): Promise<void> {
    await this.tenants.assertActive(tenantId);
    if (!permits(permissions, permission)) throw new PermissionMissing(permission);
  }
}

/** Says in RFC 6750's words what was wrong with the token. */
function challenge(response: AnyResponse, reason: string): void {
  rawResponse(response).setHeader('WWW-Authenticate', `Bearer ${reason}`);
}
