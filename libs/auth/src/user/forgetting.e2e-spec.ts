import { PersonalData } from '@acci/event-store';
import { createTenants } from '@acci/tenancy/testing';
import { testContext } from '@acci/event-store/testing';
import { DeleteUser } from '../index.js';
import { AcceptIdentityLink } from './identity-link/accept-identity-link.command.js';
import { OfferIdentityLink } from './identity-link/offer-identity-link.command.js';
import { People } from '../spec-support/people.js';

let people: People;

beforeAll(async () => {
  people = await People.start();
});
afterAll(() => people.close());

/** Somebody who has left traces wherever a person can. */
async function somebody(name: string) {
  const user = await people.loggedIn();
  await user.as('PATCH', '/v1/me', { displayName: name, givenName: name });
  await people.logIn(user.email, 'not their password');
  await user.as('POST', '/v1/me/password', {
    current: 'not their password',
    password: 'ten pear trees in a row',
  });
  await people.resetToken(user.email);
  await user.as('POST', '/v1/me/identity-links/offers', {});
  return user;
}

const failures = async () =>
  (await people.app.db.admin("select from acci.login_attempts where subject = 'account'")).length;

it.each([
  ['is deleted', (id: string) => people.commands.execute(new DeleteUser(people.ctx, { id }))],
  ['is forgotten', (id: string) => people.app.get(PersonalData).forget(people.ctx, id)],
] as const)('A user who %s is nowhere any more, but for the proof of it', async (how, go) => {
  const name = `Zebrafish${crypto.randomUUID().slice(0, 8)}`;
  const { id, email } = await somebody(name);
  expect(await people.tablesWith([id])).toEqual(
    expect.arrayContaining(['acci.one_time_tokens', 'acci.sessions', 'acci.user_passwords']),
  );
  const guessed = await failures();
  expect(guessed).toBeGreaterThanOrEqual(2);
  await go(id);
  await people.app.settled();
  expect(await people.tablesWith([email, name])).toEqual([]);
  // How often somebody guessed at a password is kept for a day, under a hash, if nobody deletes the user.
  expect(await failures()).toBe(how === 'is deleted' ? guessed - 2 : guessed);
  // The log, which says nothing personal any more, whom nobody can make again, and where mails are.
  const left = ['acci.events', 'acci.forgotten_subjects', 'acci.reaction_lanes', 'acci.subject_keys'];
  expect((await people.tablesWith([id])).toSorted()).toEqual(left);
});

it('A user who is linked with one who is deleted is told so, on their side', async () => {
  const ada = await people.active();
  const [tenantId = ''] = await createTenants(people.app.app, 1);
  const elsewhere = testContext({ tenantId });
  const other = await people.active(elsewhere);
  const { token } = await people.commands.execute(new OfferIdentityLink(elsewhere, { userId: other.id }));
  const linkId = await people.commands.execute(new AcceptIdentityLink(people.ctx, { userId: ada.id, token }));
  await people.commands.execute(new DeleteUser(people.ctx, { id: ada.id }));
  const events = await people.app.db.admin(
    'select type, data, metadata from acci.events where stream_id = $1 order by version',
    [other.id],
  );
  expect(events.at(-1)).toMatchObject({ type: 'auth.user.identity_unlinked', data: { linkId } });
  expect(JSON.stringify(events)).not.toContain(ada.id);
  expect(JSON.stringify(events)).not.toContain(people.ctx.tenantId);
  expect(await people.app.db.admin('select from acci.identity_links')).toEqual([]);
});
