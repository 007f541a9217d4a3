import { Injectable } from '@nestjs/common';
import { userNameKey } from '../user/login-name.js';
import { type Account, UserAccounts } from '../user/user-accounts.js';
import { commonPasswords } from './common-passwords.js';
import { PasswordRefused } from './password.errors.js';

/** Whose password it is to be. */
export interface PasswordOwner {
  readonly tenantId: string;
  readonly userId: string;
  /** Undefined for somebody who is not stored yet. */
  readonly account: Account | undefined;
}

/** Something that a new password must be. A published extension point; {@link PasswordRules.add} puts it to use. */
export interface PasswordRule {
  /**
   * @param password as it is hashed: see {@link passwordKey}.
   * @throws {PasswordRefused}
   */
  assert(password: string, owner: PasswordOwner): void | Promise<void>;
}

/** Characters, that is, Unicode code points. */
const shortest = 12;
const longest = 256;

/**
 * A password as it is hashed: the same one typed on different keyboards is the same, as NIST SP 800-63B wants it.
 *
 * @example
 * passwordKey('Ａ'); // 'A'
 */
export function passwordKey(password: string): string {
  return password.normalize('NFKC');
}

/**
 * What passwords must be: 12 to 256 characters, of any kind, not one of the most common ones and not the user's own name.
 * Nothing is asked for that only makes people write `Password1!`.
 *
 * @example
 * rules.add({
 *   async assert(password) {
 *     if (await isLeaked(password)) throw new PasswordRefused('leaked', 'The password is known from a leak');
 *   },
 * });
 */
@Injectable()
export class PasswordRules {
  private readonly more: PasswordRule[] = [];

  constructor(private readonly accounts: UserAccounts) {}

  /** Adds a rule, for every tenant. */
  add(rule: PasswordRule): void {
    this.more.push(rule);
  }

  /**
   * @param password as it was typed.
   * @param owner whose it is to be; `names` beside those of their account.
   * @throws {PasswordRefused}
   */
  async assertAllowed(
    password: string,
    { tenantId, userId, names }: Omit<PasswordOwner, 'account'> & { readonly names: readonly string[] },
  ): Promise<void> {
    if (!password.isWellFormed()) throw new PasswordRefused('not_text');
    const key = passwordKey(password);
    const { length } = Array.from(key);
    if (length < shortest) throw new PasswordRefused('too_short');
    if (length > longest) throw new PasswordRefused('too_long');
    if ((await commonPasswords(shortest)).has(key.toLowerCase())) throw new PasswordRefused('too_common');
    const account = await this.accounts.findById(tenantId, userId);
    const all = account ? [...names, account.email, account.userName ?? ''] : names;
    if (isOneOf(all, key)) throw new PasswordRefused('is_own_name');
    for (const rule of this.more) await rule.assert(key, { tenantId, userId, account });
  }
}

/** Whether it is a name, or what stands before the `@` of one. */
function isOneOf(names: readonly string[], password: string): boolean {
  const own = names.flatMap((name) => [name, name.split('@')[0] ?? '']);
  return own.some((name) => userNameKey(name) === userNameKey(password));
}
