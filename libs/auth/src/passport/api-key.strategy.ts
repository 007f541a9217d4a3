import type { AnyRequest } from '@acci/rest';
import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import passportCustom from 'passport-custom';
import type { Identity } from '../access/authenticator.js';
import { ApiKeyAuthenticator } from '../api-key/api-key.authenticator.js';
import { Admission } from './admission.js';

/** How passport knows {@link ApiKeyStrategy}. */
export const apiKeyStrategy = 'acci-api-key';

/**
 * API keys for `AuthGuard('acci-api-key')`, as {@link SessionStrategy} is for sessions.
 *
 * @example
 * class DashboardController {
 *   @Public()
 *   @UseGuards(AuthGuard(['acci-session', 'acci-api-key']))
 *   @Get('dashboard')
 *   dashboard(@Ctx() ctx: RequestContext) {}
 * }
 */
@Injectable()
export class ApiKeyStrategy extends PassportStrategy(passportCustom.Strategy, apiKeyStrategy) {
  constructor(
    private readonly apiKeys: ApiKeyAuthenticator,
    private readonly admission: Admission,
  ) {
    super();
  }

  /** @throws {CredentialsInvalid} {@link TenantRefused} */
  validate(request: AnyRequest): Promise<Identity | undefined> {
    return this.admission.admit(request, this.apiKeys);
  }
}
