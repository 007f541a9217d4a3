import type { TestDatabase } from '@acci/database/testing';
import { DomainError } from '@acci/event-store';
import { testContext } from '@acci/event-store/testing';
import { createTenants } from '@acci/tenancy/testing';
import type { INestApplicationContext } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { DeleteUser } from '../../index.js';
import { createAuthDatabase, startContext } from '../../spec-support/auth-app.js';
import { aUser } from '../../spec-support/log-in.js';
import { AcceptIdentityLink } from './accept-identity-link.command.js';
import { IdentityLinks, type TenantUser } from './identity-links.js';
import { OfferIdentityLink } from './offer-identity-link.command.js';
import { RemoveIdentityLink } from './remove-identity-link.command.js';

let db: TestDatabase;
let app: INestApplicationContext;
let tenants: string[];

beforeAll(async () => {
  db = await createAuthDatabase();
  app = await startContext(db);
  tenants = await createTenants(app, 3);
});
afterAll(async () => {
  await app.close();
  await db.close();
});

const commands = () => app.get(CommandBus, { strict: false });
const user = async (tenant: number): Promise<TenantUser> => {
  const tenantId = tenants[tenant] as string;
  return { tenantId, userId: await aUser(app, tenantId) };
};
const offer = async ({ tenantId, userId }: TenantUser) =>
  (await commands().execute(new OfferIdentityLink(testContext({ tenantId }), { userId }))).token;
const accept = ({ tenantId, userId }: TenantUser, token: string) =>
  commands().execute(new AcceptIdentityLink(testContext({ tenantId }), { userId, token }));
const others = async (who: TenantUser) =>
  (await app.get(IdentityLinks, { strict: false }).of(who)).map(({ otherUserId }) => otherUserId);
const codesOf = (results: readonly PromiseSettledResult<unknown>[]) =>
  results.flatMap((result) => (result.status === 'rejected' ? [(result.reason as DomainError).code] : []));
const linkEvents = (who: TenantUser) =>
  db.admin("select type from acci.events where stream_id = $1 and type like '%linked'", [who.userId]);

it('Two who accept each other’s offers, 50 times at once, are linked once', async () => {
  const [one, other] = [await user(0), await user(1)];
  const [ofOne, ofOther] = [await offer(one), await offer(other)];
  const results = await Promise.allSettled(
    Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? accept(other, ofOne) : accept(one, ofOther))),
  );
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  const allowed = ['auth.one_time_token.invalid', 'auth.identity_link.exists', 'event_store.stream.conflict'];
  expect(allowed).toEqual(expect.arrayContaining([...new Set(codesOf(results))]));
  for (const [me, them] of [
    [one, other],
    [other, one],
  ] as const) {
    expect(await others(me)).toEqual([them.userId]);
    expect(await linkEvents(me)).toHaveLength(1);
  }
});

it('Whom one is linked with does not make one who they are linked with', async () => {
  const [one, middle, last] = [await user(0), await user(1), await user(2)];
  await accept(middle, await offer(one));
  await accept(last, await offer(middle));
  expect([await others(one), await others(last)]).toEqual([[middle.userId], [middle.userId]]);
  // Nor are two users of one tenant one person by way of another tenant.
  const twin = await user(0);
  await accept(middle, await offer(twin));
  expect(await others(one)).toEqual([middle.userId]);
  await commands().execute(new DeleteUser(testContext(middle), { id: middle.userId }));
  for (const who of [one, last, twin]) {
    expect(await others(who)).toEqual([]);
    expect((await linkEvents(who)).map(({ type }) => type)).toEqual([
      'auth.user.identity_linked',
      'auth.user.identity_unlinked',
    ]);
  }
});

it('A link that is taken back by both sides, and by a deletion, at once is gone once', async () => {
  const [one, other] = [await user(0), await user(1)];
  const linkId = await accept(other, await offer(one));
  const remove = ({ tenantId, userId }: TenantUser) =>
    commands().execute(new RemoveIdentityLink(testContext({ tenantId }), { userId, linkId }));
  await Promise.allSettled([
    ...Array.from({ length: 5 }, () => [remove(one), remove(other)]).flat(),
    commands().execute(new DeleteUser(testContext(other), { id: other.userId })),
  ]);
  expect(await others(one)).toEqual([]);
  expect(await linkEvents(one)).toHaveLength(2);
  expect(await db.admin('select from acci.users where id = $1', [other.userId])).toEqual([]);
});
