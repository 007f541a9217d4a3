import type { IncomingMessage } from 'node:http';
import { type AnyRequest, rawRequest } from '@acci/rest';
import { createParamDecorator, type ExecutionContext, Injectable } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { SessionCookies } from '../session/session-cookies.js';
import { type LocalAttempt, localStrategy } from './local.strategy.js';
import { LoginFailed } from './login.errors.js';
import { LoginRequest } from './login.schemas.js';
import { PasswordLogin, type ProvenUser } from './password-login.js';

type BodyRequest = AnyRequest & { readonly body?: unknown };

const provenUsers = new WeakMap<IncomingMessage, ProvenUser>();

/** Lets those pass who log in with a password. */
@Injectable()
export class LocalLoginGuard extends AuthGuard(localStrategy) {
  constructor(
    private readonly login: PasswordLogin,
    private readonly cookies: SessionCookies,
  ) {
    super();
  }

  /** @throws {CrossSiteRequest} {@link LoginFailed} {@link LoginThrottled} {@link LoginOverloaded} */
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<BodyRequest>();
    const wish = LoginRequest.safeParse(request.body);
    // What is no such body is no attempt either; the pipe, whose turn is next, says what is wrong with it.
    if (!wish.success) return true;
    if (wish.data.as === 'cookie') this.cookies.assertSameSite(request);
    await super.canActivate(context);
    return true;
  }

  /** Passport writes on what it is given: not on the request. */
  override getRequest(context: ExecutionContext): LocalAttempt {
    const request = context.switchToHttp().getRequest<BodyRequest>();
    const wish = LoginRequest.parse(request.body);
    return {
      body: request.body,
      headers: rawRequest(request).headers,
      prove: (password) => this.login.prove(request, { ...wish, password }),
    };
  }

  override handleRequest<User>(error: unknown, user: User, _info: unknown, context: ExecutionContext): User {
    if (error) throw error;
    if (!user) throw new LoginFailed();
    const raw = rawRequest(context.switchToHttp().getRequest<AnyRequest>());
    provenUsers.set(raw, user as unknown as ProvenUser);
    return user;
  }
}

/** Injects who has shown to a guard of passport who they are; undefined for nobody. */
export const Proven = createParamDecorator((_data: unknown, context: ExecutionContext) =>
  provenUsers.get(rawRequest(context.switchToHttp().getRequest<AnyRequest>())),
);
