import { type EventOf, EventStore, type RecordedEvent } from '@acci/event-store';
import { type DeliveryInfo, Subscription, type SubscriptionHandler } from '@acci/projections';
import type { MailTemplate, MailValues } from '@acci/mail';
import { type KnownTenant, TenantLookup } from '@acci/tenancy';
import { linkLifetimes, OneTimeLinks } from '../one-time-token/one-time-links.js';
import type { LinkPurpose, OneTimeData } from '../one-time-token/one-time-tokens.js';
import { anonymous } from '../tenant-of-request/anonymous-context.js';
import { type Account, mayLogIn, UserAccounts } from '../user/user-accounts.js';
import {
  UserEmailChanged,
  UserEmailChangeRequested,
  UserInvited,
  UserInvitedAgain,
  UserPasswordChanged,
  UserPasswordResetRequested,
  UserRegistered,
} from '../user/user.events.js';
import { UserMailer } from './user-mailer.js';
import {
  EmailChangedMail,
  EmailChangeMail,
  InvitationMail,
  PasswordChangedMail,
  PasswordResetMail,
  RegistrationMail,
} from './user-mails.js';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const mailedEvents = [
  UserInvited,
  UserInvitedAgain,
  UserRegistered,
  UserEmailChangeRequested,
  UserEmailChanged,
  UserPasswordResetRequested,
  UserPasswordChanged,
] as const;
type MailedEvent = EventOf<(typeof mailedEvents)[number]>;

type LinkMail = Exclude<LinkPurpose, 'set_up'>;

/** What a mail with a link is made of. */
const mails: Readonly<Record<LinkMail, { readonly template: MailTemplate; readonly values: MailValues }>> = {
  invitation: { template: InvitationMail, values: { days: linkLifetimes.invitation / day } },
  registration: { template: RegistrationMail, values: { hours: linkLifetimes.registration / hour } },
  email_change: { template: EmailChangeMail, values: { hours: linkLifetimes.email_change / hour } },
  password_reset: { template: PasswordResetMail, values: { minutes: linkLifetimes.password_reset / minute } },
};

/** One mail that is due, to one user as they are now. */
interface Due {
  readonly id: string;
  readonly event: RecordedEvent<MailedEvent>;
  readonly tenant: KnownTenant;
  readonly account: Account;
}

/**
 * Sends users the mails that their events ask for. The token of a link is made when its mail is, and is kept nowhere
 * else. Every try makes one of its own, since nobody knows whether the mail of an earlier one has arrived: all of them
 * are good until the first is used.
 */
@Subscription({
  name: 'auth.user-mail',
  events: mailedEvents,
  // A mail server may be away for an hour.
  retry: { attempts: 20, minMs: 1_000, maxMs: 300_000 },
})
export class UserMailSubscription implements SubscriptionHandler<MailedEvent> {
  constructor(
    private readonly accounts: UserAccounts,
    private readonly store: EventStore,
    private readonly tenants: TenantLookup,
    private readonly links: OneTimeLinks,
    private readonly mailer: UserMailer,
  ) {}

  async deliver(event: RecordedEvent<MailedEvent>, { id }: DeliveryInfo): Promise<void> {
    const tenant = await this.tenants.byId(event.tenantId);
    const account = await this.accounts.findById(event.tenantId, event.streamId);
    // Who was deleted meanwhile is forgotten, and a tenant that is not served lets nobody in.
    if (tenant?.status !== 'active' || !account) return;
    const due = { id, event, tenant, account };
    switch (event.type) {
      case 'auth.user.invited':
        return this.sendLink('invitation', due);
      case 'auth.user.registered':
        return this.sendLink('registration', due);
      case 'auth.user.invited_again':
        return this.sendLink(await this.wayIn(due), due);
      case 'auth.user.email_change_requested': {
        const { requestId, email } = event.data;
        return this.sendLink('email_change', due, email, { requestId });
      }
      case 'auth.user.password_reset_requested':
        return this.sendLink('password_reset', due);
      case 'auth.user.email_changed':
        return this.notify(EmailChangedMail, due, event.data.from);
      case 'auth.user.password_changed':
        // Whoever chose their first one has just done so.
        return event.data.how === 'set' ? undefined : this.notify(PasswordChangedMail, due);
    }
  }

  private async sendLink(
    purpose: LinkMail,
    { id, event, tenant, account }: Due,
    to: string = account.email,
    data: OneTimeData = {},
  ): Promise<void> {
    // Nobody who is kept out gets a token, and nobody gets one for what they asked for so long ago.
    if (!isDueTo(account, purpose) || isOlder(event, linkLifetimes[purpose])) return;
    const userId = account.id;
    const link = await this.links.make({ tenant, userId, purpose, data });
    const { template, values } = mails[purpose];
    await this.mailer.send(template, { tenant, userId, to, locale: account.locale, values, link, id });
  }

  private async notify(
    template: MailTemplate,
    { id, event, tenant, account }: Due,
    to: string = account.email,
  ): Promise<void> {
    // Events of a tenant that was imported come here again, long after.
    if (isOlder(event, day)) return;
    await this.mailer.send(template, { tenant, userId: account.id, to, locale: account.locale, id });
  }

  /** Whether a user who is still invited was invited, by now, or registered. */
  private async wayIn({ event }: Due): Promise<'invitation' | 'registration'> {
    if (event.metadata.actor !== anonymous) return 'invitation';
    const { tenantId, streamType, streamId, metadata } = event;
    const ctx = { tenantId, actor: metadata.actor, correlationId: metadata.correlationId };
    const [first] = await this.store.readStream(ctx, streamType, streamId, { limit: 1 });
    return first?.type === UserRegistered.type ? 'registration' : 'invitation';
  }
}

function isDueTo(account: Account, purpose: LinkPurpose): boolean {
  const joining = purpose === 'invitation' || purpose === 'registration';
  return joining ? account.status === 'invited' && account.lockedAt === null : mayLogIn(account);
}

function isOlder({ recordedAt }: RecordedEvent<MailedEvent>, ageMs: number): boolean {
  return Date.now() - recordedAt.getTime() > ageMs;
}
