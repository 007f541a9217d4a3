import { type AnyRequest, clientAddressOf, correlationIdOf, networkOf, rawRequest } from '@acci/rest';
import { Injectable } from '@nestjs/common';
import { type PasswordProof, Passwords } from '../password/passwords.js';
import { TenantOfRequest } from '../tenant-of-request/tenant-of-request.js';
import { type Account, mayLogIn, UserAccounts } from '../user/user-accounts.js';
import { KnownDevices } from './known-devices.js';
import { loginKey } from './login-key.js';
import { type GuessSubject, LoginAttempts } from './login-attempts.js';
import { type LoginOutcome, reportLogin } from './login-outcomes.js';
import { LoginFailed, LoginOverloaded, LoginThrottled } from './login.errors.js';
import type { LoginRequest } from './login.schemas.js';
import { nowhere } from './nobody.js';

/** Somebody who has shown who they are. Every way to do that, this one or a single sign-on, ends with one. */
export interface ProvenUser {
  readonly tenantId: string;
  readonly userId: string;
  /** How, in the words of RFC 8176. */
  readonly amr: readonly string[];
  /** Their password, if that was how. */
  readonly password?: PasswordProof | undefined;
  /** The known device on which they did, if it is one. */
  readonly deviceId: string | undefined;
}

interface Attempt extends Pick<ProvenUser, 'tenantId' | 'deviceId'> {
  readonly account: Account | undefined;
}

/**
 * Checks passwords at the door. An unknown tenant or user, a wrong password and somebody who is kept out cost the same
 * work and get the same answer.
 */
@Injectable()
export class PasswordLogin {
  constructor(
    private readonly tenants: TenantOfRequest,
    private readonly accounts: UserAccounts,
    private readonly passwords: Passwords,
    private readonly attempts: LoginAttempts,
    private readonly devices: KnownDevices,
  ) {}

  /** @throws {LoginFailed} {@link LoginThrottled} {@link LoginOverloaded} */
  async prove(request: AnyRequest, wish: LoginRequest): Promise<ProvenUser> {
    let attempt: Attempt | undefined;
    try {
      // Before anything is asked of the database.
      this.passwords.assertRoom();
      attempt = await this.identify(request, wish);
      const { tenantId, deviceId } = attempt;
      const password = await this.check(request, wish, attempt);
      if (!password) throw new LoginFailed();
      report(request, attempt, 'succeeded');
      return { tenantId, userId: password.userId, amr: ['pwd'], password, deviceId };
    } catch (error) {
      const outcome = outcomeOf(error);
      if (outcome) report(request, attempt, outcome);
      throw error;
    }
  }

  private async identify(
    request: AnyRequest,
    { tenant: slug, login, device }: LoginRequest,
  ): Promise<Attempt> {
    const { id: tenantId } = (await this.tenants.find(request, slug)) ?? { id: nowhere };
    const account = await this.accounts.findByLogin(tenantId, login);
    const who = { tenantId, userId: account?.id, login };
    return { tenantId, account, deviceId: await this.devices.recognise(request, who, device) };
  }

  private async check(
    request: AnyRequest,
    { login, password }: LoginRequest,
    { tenantId, account, deviceId }: Attempt,
  ): Promise<PasswordProof | undefined> {
    const guess = await this.attempts.begin(tenantId, subjectsOf(request, login, deviceId));
    try {
      const userId = account && mayLogIn(account) ? account.id : undefined;
      const isGone = () => rawRequest(request).socket.destroyed;
      const proof = await this.passwords.prove(tenantId, userId, password, isGone);
      if (proof) await this.attempts.succeeded(guess);
      return proof;
    } catch (error) {
      await this.attempts.withdraw(guess);
      throw error;
    }
  }
}

/** A device that is known waits for its own failures only: nobody else can make its user wait. */
function subjectsOf(request: AnyRequest, login: string, deviceId: string | undefined): GuessSubject[] {
  if (deviceId !== undefined) return [{ kind: 'device', key: deviceId }];
  const address = clientAddressOf(request);
  return [
    // By what was typed, not by whose it is: two names of one user must not show that they are one.
    { kind: 'account', key: `login as ${loginKey(login)}` },
    ...(address === undefined ? [] : [{ kind: 'address', key: networkOf(address) } as const]),
  ];
}

function outcomeOf(error: unknown): LoginOutcome | undefined {
  if (error instanceof LoginFailed) return 'failed';
  if (error instanceof LoginThrottled) return 'throttled';
  return error instanceof LoginOverloaded ? 'overloaded' : undefined;
}

function report(request: AnyRequest, attempt: Attempt | undefined, outcome: LoginOutcome): void {
  const tenantId = attempt?.tenantId === nowhere ? undefined : attempt?.tenantId;
  reportLogin({ outcome, tenantId, userId: attempt?.account?.id, correlationId: correlationIdOf(request) });
}
