import { prepared, type PreparedStatement, type Transaction } from '@acci/database';
import { SubjectWasForgotten, unhandledEvent } from '@acci/event-store';
import { Projection, type ProjectedEvent, type ProjectionHandler } from '@acci/projections';
import { anonymous } from '../../tenant-of-request/anonymous-context.js';
import { type UserEvent, userEvents } from '../user.events.js';
import { type SearchedFields, wordsOf } from './user-words.js';

type Event = UserEvent | SubjectWasForgotten;

const insert = prepared(`
  insert into acci.users (tenant_id, id, version, created_at, updated_at, status, email, user_name, display_name,
                          given_name, family_name, department, locale, email_verified_at, registered_at)
  values ($1::uuid, $2::uuid, $3, $4::timestamptz, $4::timestamptz, $5, $6, $7, $8, $9, $10, $11, $12,
          $13::timestamptz, $14::timestamptz)`);

/** Every other event changes the row of its user, and every change is seen in the version. */
function update(assignments: string, returning = ''): PreparedStatement {
  return prepared(`
    update acci.users set ${assignments}version = $3, updated_at = $4::timestamptz
     where tenant_id = $1::uuid and id = $2::uuid ${returning}`);
}

const searchedFields = `
  returning email, user_name as "userName", display_name as "displayName", given_name as "givenName",
            family_name as "familyName"`;

const activate = update(
  `status = 'active', email_verified_at = coalesce($5::timestamptz, email_verified_at), registered_at = null, `,
);
const changeProfile = update(
  `user_name = case when $5::jsonb ? 'userName' then $5 ->> 'userName' else user_name end,
   display_name = coalesce($5 ->> 'displayName', display_name),
   given_name = case when $5 ? 'givenName' then $5 ->> 'givenName' else given_name end,
   family_name = case when $5 ? 'familyName' then $5 ->> 'familyName' else family_name end,
   department = case when $5 ? 'department' then $5 ->> 'department' else department end,
   locale = case when $5 ? 'locale' then $5 ->> 'locale' else locale end, `,
  searchedFields,
);
const changeEmail = update('email = $5, email_verified_at = $4::timestamptz, ', searchedFields);
const changeStatus = update('status = $5, ');
const lock = update('locked_at = $4::timestamptz, lock_reason = $5, ');
const unlock = update('locked_at = null, lock_reason = null, ');
// Whoever registers once more means it, and whom somebody invites is not only registered any more.
const inviteAgain = update('registered_at = case when registered_at is not null then $5::timestamptz end, ');
const touch = update('');

const addWords = prepared(`
  insert into acci.user_words (tenant_id, user_id, place, word)
  select $1::uuid, $2::uuid, place, word from unnest($3::text[]) with ordinality as given (word, place)`);
const removeWords = prepared('delete from acci.user_words where tenant_id = $1::uuid and user_id = $2::uuid');
const remove = prepared('delete from acci.users where tenant_id = $1::uuid and id = $2::uuid');

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * One row for each user, and one for each word that they are found by. Inline, because the next request must see it:
 * that a user exists, and that they are locked.
 */
@Projection({
  name: 'auth.users',
  version: 1,
  lifecycle: 'inline',
  events: [...userEvents, SubjectWasForgotten],
  tables: ['acci.users', 'acci.user_words'],
  personal: [
    {
      table: 'acci.users',
      subject: 'id',
      columns: {
        email: 'forgotten@forgotten.invalid',
        user_name: null,
        display_name: 'forgotten',
        given_name: null,
        family_name: null,
        lock_reason: null,
      },
    },
    { table: 'acci.user_words', subject: 'user_id', columns: { word: '' } },
  ],
})
export class UsersProjection implements ProjectionHandler<Event> {
  async handle(event: ProjectedEvent<Event>, tx: Transaction): Promise<void> {
    const { tenantId, streamId, version, recordedAt } = event;
    const row = [tenantId, streamId, version, recordedAt];
    const apply = (statement: PreparedStatement, ...values: readonly unknown[]): void => {
      tx.execute(statement, [...row, ...values]);
    };
    /** As `apply`, and what the user is found by is what the row then says. */
    const rename = async (statement: PreparedStatement, value: unknown): Promise<void> => {
      const [fields] = await tx.query<SearchedFields & Record<string, unknown>>(statement, [...row, value]);
      if (!fields) return;
      tx.execute(removeWords, [tenantId, streamId]);
      tx.execute(addWords, [tenantId, streamId, wordsOf(fields)]);
    };
    switch (event.type) {
      case 'auth.user.invited':
      case 'auth.user.registered':
        return add(event, 'invited', null, tx);
      case 'auth.user.created':
        return add(event, 'active', event.data.emailVerified ? recordedAt : null, tx);
      case 'auth.user.activated':
        return apply(activate, event.data.emailVerified ? recordedAt : null);
      case 'auth.user.profile_changed': {
        const { userName, ...changes } = event.data;
        return rename(changeProfile, { ...changes, ...(userName && { userName: userName.to }) });
      }
      case 'auth.user.email_changed':
        return rename(changeEmail, event.data.to);
      case 'auth.user.deactivated':
        return apply(changeStatus, 'deactivated');
      case 'auth.user.reactivated':
        return apply(changeStatus, event.data.status);
      case 'auth.user.locked':
        return apply(lock, event.data.reason);
      case 'auth.user.unlocked':
        return apply(unlock);
      case 'auth.user.invited_again':
        return apply(inviteAgain, event.metadata.actor === anonymous ? recordedAt : null);
      case 'auth.user.email_change_requested':
      case 'auth.user.password_reset_requested':
      case 'auth.user.password_changed':
      case 'auth.user.role_assigned':
      case 'auth.user.role_revoked':
      case 'auth.user.identity_linked':
      case 'auth.user.identity_unlinked':
        return apply(touch);
      case 'auth.user.deleted':
        return erase(tenantId, streamId, tx);
      case 'acci.subject.forgotten':
        // Whoever is forgotten is no user any more, though nobody deleted them. Other subjects may have any id.
        if (uuid.test(event.data.subject)) erase(tenantId, event.data.subject, tx);
        return;
      default:
        unhandledEvent(event);
    }
  }
}

type Added = Extract<UserEvent, { type: 'auth.user.invited' | 'auth.user.registered' | 'auth.user.created' }>;

function add(
  { tenantId, streamId, version, recordedAt, type, data }: ProjectedEvent<Added>,
  status: string,
  emailVerifiedAt: unknown,
  tx: Transaction,
): void {
  const { email, userName, displayName, givenName, familyName, department, locale } = data;
  const names = [email, userName, displayName, givenName, familyName];
  const values = [tenantId, streamId, version, recordedAt, status, ...names, department, locale];
  const registeredAt = type === 'auth.user.registered' ? recordedAt : null;
  tx.execute(insert, [...values, emailVerifiedAt, registeredAt]);
  tx.execute(addWords, [tenantId, streamId, wordsOf(data)]);
}

function erase(tenantId: string, id: string, tx: Transaction): void {
  tx.execute(removeWords, [tenantId, id]);
  tx.execute(remove, [tenantId, id]);
}
