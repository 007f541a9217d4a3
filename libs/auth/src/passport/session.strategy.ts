import type { AnyRequest } from '@acci/rest';
import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import passportCustom from 'passport-custom';
import type { Identity } from '../access/authenticator.js';
import { SessionAuthenticator } from '../session/session.authenticator.js';
import { Admission } from './admission.js';

/** How passport knows {@link SessionStrategy}; `session` is its own word for something else. */
export const sessionStrategy = 'acci-session';

/**
 * Sessions for `AuthGuard('acci-session')` in guards of your own. A route that declares a permission needs none: the
 * global guard knows sessions already.
 *
 * @example
 * class DashboardController {
 *   @Public()
 *   @UseGuards(AuthGuard('acci-session'))
 *   @Get('dashboard')
 *   dashboard(@Ctx() ctx: RequestContext) {}
 * }
 */
@Injectable()
export class SessionStrategy extends PassportStrategy(passportCustom.Strategy, sessionStrategy) {
  constructor(
    private readonly sessions: SessionAuthenticator,
    private readonly admission: Admission,
  ) {
    super();
  }

  /** @throws {CredentialsInvalid} {@link CredentialsAmbiguous} {@link CrossSiteRequest} {@link TenantRefused} {@link TenantNotReachable} */
  validate(request: AnyRequest): Promise<Identity | undefined> {
    return this.admission.admit(request, this.sessions);
  }
}
