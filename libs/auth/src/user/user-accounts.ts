import { Database, prepared } from '@acci/database';
import { Injectable } from '@nestjs/common';
import { emailKey, userNameKey } from './login-name.js';
import type { UserStatus } from './user.state.js';

/** A user, as far as somebody must know who lets them in. */
export interface Account {
  readonly id: string;
  readonly email: string;
  readonly userName: string | null;
  readonly displayName: string;
  /** Null for the tenant's. */
  readonly locale: string | null;
  readonly status: UserStatus;
  readonly lockedAt: Date | null;
  readonly emailVerifiedAt: Date | null;
}

const columns = `id, email, user_name as "userName", display_name as "displayName", locale, status,
         locked_at as "lockedAt", email_verified_at as "emailVerifiedAt"`;

const selectById = prepared(`select ${columns} from acci.users where tenant_id = $1::uuid and id = $2::uuid`);
const selectByEmail = prepared(`select ${columns} from acci.users where tenant_id = $1::uuid and email = $2`);
const selectByUserName = prepared(
  `select ${columns} from acci.users where tenant_id = $1::uuid and user_name = $2`,
);

/** Longer than any address or name: no such user, without asking for a megabyte. */
const longestLogin = 320;

/** Finds users for those who let them in. Nobody is kept out here: see {@link mayLogIn}. */
@Injectable()
export class UserAccounts {
  constructor(private readonly database: Database) {}

  /** One round trip; undefined if there is no such user in the tenant. */
  findById(tenantId: string, userId: string): Promise<Account | undefined> {
    return this.find(tenantId, selectById, userId);
  }

  /** By what somebody types: an e-mail address if there is an `@` in it, else a user name. One round trip, always. */
  findByLogin(tenantId: string, login: string): Promise<Account | undefined> {
    // What PostgreSQL cannot store is nobody's name; it is asked all the same, so that no answer comes sooner.
    const storable = login.length <= longestLogin && login.isWellFormed() && !login.includes('\0');
    const typed = storable ? login.trim() : '';
    return typed.includes('@')
      ? this.find(tenantId, selectByEmail, emailKey(typed))
      : this.find(tenantId, selectByUserName, userNameKey(typed));
  }

  private async find(
    tenantId: string,
    statement: typeof selectById,
    key: string,
  ): Promise<Account | undefined> {
    const [account] = await this.database.readInTenant<Account>(tenantId, statement, [tenantId, key]);
    return account;
  }
}

/**
 * True for whom credentials of any kind may be made or accepted: active, and not locked.
 *
 * @example
 * if (!account || !mayLogIn(account)) throw new CredentialsInvalid();
 */
export function mayLogIn({ status, lockedAt }: Pick<Account, 'status' | 'lockedAt'>): boolean {
  return status === 'active' && lockedAt === null;
}
