import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { PasswordHashingOptions } from './password/password-hashing.js';
import type { LinkTargets } from './one-time-token/link-targets.js';

/**
 * How `AuthModule` works.
 *
 * @example
 * const options: AuthModuleOptions = { operatorKey: config.ACCI_OPERATOR_KEY };
 */
export interface AuthModuleOptions {
  /**
   * A key of the platform operator's own choice, such as `openssl rand -hex 32` makes, instead of the one that is made
   * and printed at the first start. Every process gets the same. Another one at the next start replaces it.
   *
   * @throws {OperatorKeyWeak} at boot, if it has fewer than 32 characters or could be guessed.
   */
  readonly operatorKey?: string | undefined;
  /**
   * The platform's first operator, whose account is made at the first start; later starts leave it as it has become.
   * Without, that start gives a link with which the account can be made.
   *
   * @throws {PasswordRefused} at the first start, if the password breaks a rule.
   */
  readonly operator?: { readonly email: string; readonly password: string } | undefined;
  /**
   * Where the front end is, whose pages the links in mails lead to, such as `https://app.example.com`. It is never taken
   * from a request, or whoever asks for a link could have it lead to themselves. Default `http://localhost:3000`.
   */
  readonly publicUrl?: string | undefined;
  /**
   * Where this API is, such as `https://api.example.com`: whom the assertions are for with which service accounts log in
   * by key (`aud`: this, or its token endpoint). Default `http://localhost:3000`.
   */
  readonly apiUrl?: string | undefined;
  /**
   * The pages that links lead to, below {@link publicUrl} or with a host of their own. `{token}` is replaced by the token,
   * `{tenant}` by the tenant's slug.
   *
   * @throws {LinkTargetInvalid} at boot, for one without `{token}`.
   */
  readonly links?: Partial<LinkTargets> | undefined;
  /**
   * The domain whose subdomains are tenants: with `app.example.com`, a request to `acme.app.example.com` is for the tenant
   * with the slug `acme`, unless its body names another one. Default: none, only the body counts.
   */
  readonly tenantDomain?: string | undefined;
  /**
   * How long requests are answered after that must not show whether there is such a user, in milliseconds; longer than
   * the work they may cause. Default 300.
   */
  readonly quietAnswerMs?: number | undefined;
  /**
   * Whether browsers keep sessions in the cookie `acci_session`, which goes over plain http, instead of
   * `__Host-acci_session`. Only for development on `localhost`. Default false.
   */
  readonly insecureCookies?: boolean | undefined;
  /**
   * Origins, beside the API's own and that of {@link publicUrl}, whose pages may send what changes something with a
   * session in a cookie, such as `https://admin.example.com`. Default: none.
   */
  readonly origins?: readonly string[] | undefined;
  /** The clock that sessions begin and end by, for tests. Default: that of the process. */
  readonly clock?: (() => Date) | undefined;
  /**
   * How dear it is to check a password, and how many are checked at a time.
   *
   * @throws {PasswordHashingWeak} at boot, for less than OWASP's least.
   */
  readonly passwordHashing?: PasswordHashingOptions | undefined;
}

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<AuthModuleOptions>()
    .setClassMethodName('forRoot')
    .setExtras({}, (definition) => ({ ...definition, global: true }))
    .build();
