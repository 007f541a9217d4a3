import { Database, prepared } from '@acci/database';
import { type Context, VersionMismatch } from '@acci/event-store';
import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { DeleteUser } from '../user/commands/delete-user.command.js';
import { emailKey } from '../user/login-name.js';
import { UserNotFound } from '../user/user.errors.js';

// Who was locked or deactivated was seen by an administrator: it is theirs to say what becomes of them.
const unconfirmed = `status = 'invited' and locked_at is null and registered_at is not null`;
const selectOld = prepared(`
  select id, version from acci.users
   where tenant_id = $1::uuid and ${unconfirmed} and registered_at < now() - interval '7 days'
   order by registered_at limit 20`);
const selectByEmail = prepared(`
  select id, version from acci.users where tenant_id = $1::uuid and ${unconfirmed} and email = any ($2::text[])`);

interface Registration {
  readonly id: string;
  readonly version: number;
}

/**
 * Registrations that nobody has confirmed: whoever made them may have typed an address that is not theirs. So they keep
 * nobody from it, and are deleted in the end.
 */
@Injectable()
export class UnconfirmedRegistrations {
  constructor(
    private readonly database: Database,
    private readonly commandBus: CommandBus,
  ) {}

  /** Deletes those for which no link was asked within a week: 20 at most. Not to be called inside a transaction. */
  async clear(ctx: Context): Promise<void> {
    await this.delete(ctx, await this.database.queryInTenant(ctx.tenantId, selectOld, [ctx.tenantId]));
  }

  /**
   * Frees addresses for who has shown that one is theirs, or is invited there. Inside a transaction it frees none.
   *
   * @returns whether unconfirmed registrations had any.
   */
  async release(ctx: Context, emails: readonly string[]): Promise<boolean> {
    if (this.database.current) return false;
    const values = [ctx.tenantId, emails.map(emailKey)];
    const found = await this.database.queryInTenant<Registration>(ctx.tenantId, selectByEmail, values);
    await this.delete(ctx, found);
    return found.length > 0;
  }

  private async delete(ctx: Context, registrations: readonly Registration[]): Promise<void> {
    for (const { id, version } of registrations) {
      await this.commandBus
        .execute(new DeleteUser(ctx, { id, expectedVersion: version }))
        .catch((error: unknown) => {
          // Confirmed, or deleted, since they were found.
          if (!(error instanceof VersionMismatch || error instanceof UserNotFound)) throw error;
        });
    }
  }
}
