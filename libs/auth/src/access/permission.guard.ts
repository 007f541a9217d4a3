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
import { conditionsOf } from '../grant/applies-conditions.decorator.js';
import { TenantSwitch } from '../guest/tenant-switch.js';
import { permits } from '../permissions/permissions.js';
import { Authenticators, type Identity } from './authenticator.js';
import { assertNotImpersonating } from './refused-to-impersonators.js';

/**
 * Lets nobody in who is not known, whose tenant is not active, or who may not do what the route does. Global: it
 * stands before every route that is not `@Public()`.
 */
@Injectable()
export class PermissionGuard implements CanActivate {
  constructor(
    private readonly authenticators: Authenticators,
    private readonly tenants: TenantStatus,
    private readonly tenantSwitch: TenantSwitch,
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
    const handler = context.getHandler();
    const route = { permission, handler, conditional: conditionsOf(handler) !== undefined };
    const identity = await this.identify(request).catch((error: unknown) => {
      if (error instanceof CredentialsInvalid) challenge(response, 'error="invalid_token"');
      throw error;
    });
    setIdentity(request, identity, async () => {
      const now = await this.identify(request);
      await this.assertPermitted(now, route);
      return now;
    });
    await this.assertPermitted(identity, route).catch((error: unknown) => {
      if (error instanceof PermissionMissing)
        challenge(response, `error="insufficient_scope", scope="${permission}"`);
      throw error;
    });
    return true;
  }

  private async identify(request: AnyRequest): Promise<Identity> {
    const raw = rawRequest(request);
    return this.tenantSwitch.follow(await this.authenticators.authenticate(raw), raw);
  }

  private async assertPermitted(
    identity: Identity,
    { permission, handler, conditional }: Route,
  ): Promise<void> {
    const { tenantId, permissions, conditional: held = [] } = identity;
    await this.tenants.assertActive(tenantId);
    assertNotImpersonating(identity, permission, handler);
    if (permits(permissions, permission)) return;
    // The handler asks on which objects; any other route would take the condition for none.
    if (conditional && held.some((grant) => permits(grant.permissions, permission))) return;
    throw new PermissionMissing(permission);
  }
}

interface Route {
  readonly permission: string;
  readonly handler: object;
  /** True if the route asks for the conditions under which somebody holds the permission. */
  readonly conditional: boolean;
}

/** Says in RFC 6750's words what was wrong with the token. */
function challenge(response: AnyResponse, reason: string): void {
  rawResponse(response).setHeader('WWW-Authenticate', `Bearer ${reason}`);
}
