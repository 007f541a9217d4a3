import { uuidv7 } from '@acci/database';
import { EventStore, StreamNotFound, type AppendResult, type Context } from '@acci/event-store';
import { PLATFORM_TENANT_ID } from '@acci/tenancy';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { GrantGate, program } from '../grant/grant-gate.js';
import { operatorActor } from '../impersonation/operator-actor.js';
import { ServedTenants } from '../impersonation/served-tenants.js';
import { UnconfirmedRegistrations } from '../registration/unconfirmed-registrations.js';
import { ownerRoleId } from '../role/built-in-roles.js';
import { isOwned } from '../role/last-owner.js';
import { DeleteUser } from '../user/commands/delete-user.command.js';
import { emailKey } from '../user/login-name.js';
import { completePerson, type PersonInput } from '../user/new-person.js';
import { User } from '../user/user.aggregate.js';
import { UserEmailTaken } from '../user/user.errors.js';
import { OwnerInvitations } from './owner-invitations.aggregate.js';
import { OwnerExists, OwnerOfPlatform } from './owner.errors.js';

/** Who is to own which tenant, and why. */
export interface OwnerWish extends Pick<PersonInput, 'email' | 'displayName' | 'locale'> {
  readonly tenantId: string;
  /** For the tenant to read: it stands in the tenant's events, not encrypted. */
  readonly reason: string;
}

/**
 * Invites the first owner of a tenant, or another one of a tenant that has none left who could log in; the result's
 * `streamId` is their user's id. The same address once more has the mail sent again. Another address takes the open
 * invitation back: whoever was invited by mistake is deleted, and their link opens nothing.
 *
 * It is an act of the platform, which holds more than an owner does: it asks nobody whether they may. Its context is the
 * platform's, and its events are in the tenant. Not to be called inside a transaction.
 *
 * @throws {OwnerExists} {@link OwnerOfPlatform} {@link TenantNotFound} {@link TenantRefused}
 * @throws {UserEmailTaken} {@link UserMailTooSoon} {@link UserLockedOut}
 * @example
 * const wish = { tenantId, email: 'ada@example.com', reason: 'Contract 2026-014' };
 * const { streamId } = await commandBus.execute(new InviteOwner(ctx, wish));
 */
export class InviteOwner extends Command<AppendResult> {
  constructor(
    readonly ctx: Context,
    readonly input: OwnerWish,
  ) {
    super();
  }
}

/** Handles {@link InviteOwner}. */
@CommandHandler(InviteOwner)
export class InviteOwnerHandler implements ICommandHandler<InviteOwner> {
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly store: EventStore,
    private readonly gate: GrantGate,
    private readonly tenants: ServedTenants,
    private readonly unconfirmed: UnconfirmedRegistrations,
    private readonly commandBus: CommandBus,
  ) {}

  /**
   * One at a time in this process: whoever waits for the gate does so with a connection in hand, and people's keys take
   * another one. Many at once would wait for each other.
   */
  execute(command: InviteOwner): Promise<AppendResult> {
    const mine = this.turn.then(() => this.handle(command));
    this.turn = mine.catch(() => {});
    return mine;
  }

  private async handle({ ctx, input }: InviteOwner): Promise<AppendResult> {
    const { tenantId } = input;
    if (tenantId === PLATFORM_TENANT_ID) throw new OwnerOfPlatform();
    await this.tenants.assertServed(tenantId);
    const there: Context = { ...ctx, tenantId, actor: operatorActor(ctx.actor) };
    let withdrawn: User | undefined;
    const invite = (): Promise<AppendResult> =>
      this.gate.change(there, program, async ({ tx }) => {
        const invitations = await this.invitationsOf(there);
        const open = await this.openInvitation(there, invitations);
        // Asked last: whoever accepts after it was asked has changed what was loaded, and this begins anew.
        if (await isOwned(tenantId, tx)) throw new OwnerExists();
        withdrawn = open?.invitedEmail === emailKey(input.email) ? undefined : open;
        return this.invite(there, input, { invitations, again: withdrawn ? undefined : open, withdrawn });
      });
    const once = () => this.store.once(there, invite, { command: ['InviteOwner', input] });
    const invited = await once().catch(async (error: unknown) => {
      // A stranger may have registered there, who need not have the mailbox.
      const freed = error instanceof UserEmailTaken && (await this.unconfirmed.release(there, [input.email]));
      if (!freed) throw error;
      return once();
    });
    // They are shut out already. To forget them takes a transaction over more than the tenant.
    if (withdrawn) {
      const everything = { ...there, commandId: undefined };
      await this.commandBus.execute(new DeleteUser(everything, { id: withdrawn.id }));
    }
    return invited;
  }

  /** All in one append. The gate lets one in at a time: of several who invite at once, one owner is left. */
  private async invite(
    ctx: Context,
    { email, displayName, locale, reason }: OwnerWish,
    { invitations, again, withdrawn }: Invitation,
  ): Promise<AppendResult> {
    const user = again ?? new User(uuidv7());
    if (again) again.inviteAgain(new Date());
    else {
      user.invite(completePerson({ email, displayName, locale }));
      user.assignRole(ownerRoleId);
    }
    withdrawn?.revokeRole(ownerRoleId);
    withdrawn?.deactivate();
    invitations.invite({ userId: user.id, reason }, withdrawn?.id);
    const [saved] = await this.store.saveAll(ctx, [user, invitations, ...(withdrawn ? [withdrawn] : [])]);
    return saved as AppendResult;
  }

  private async invitationsOf(ctx: Context): Promise<OwnerInvitations> {
    return this.store.load(ctx, OwnerInvitations, ctx.tenantId).catch((error: unknown) => {
      if (error instanceof StreamNotFound) return new OwnerInvitations(ctx.tenantId);
      throw error;
    });
  }

  /** The user who was invited last, if they could still accept. */
  private async openInvitation(ctx: Context, { invitedId }: OwnerInvitations): Promise<User | undefined> {
    if (invitedId === undefined) return undefined;
    const user = await this.store.load(ctx, User, invitedId);
    return user.invitedEmail === undefined ? undefined : user;
  }
}

/** What an invitation begins with. */
interface Invitation {
  readonly invitations: OwnerInvitations;
  /** Who was invited at the same address, and has not accepted. */
  readonly again: User | undefined;
  /** Who was invited at another one. */
  readonly withdrawn: User | undefined;
}
