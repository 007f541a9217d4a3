import { afterMigrate, migrations } from '@acci/api';
import { uuidv7 } from '@acci/database';
import { TestDatabase } from '@acci/database/testing';
import {
  Aggregate,
  defineEvent,
  EventRegistry,
  EventStore,
  TenantTransfer,
  upcast,
  type AggregateClass,
  type DomainEvent,
} from '@acci/event-store';
import { testContext } from '@acci/event-store/testing';
import { z } from 'zod';
import { ApiUnderTest } from './setup/api-under-test.js';

let api: ApiUnderTest;
let elsewhere: TestDatabase;
beforeAll(async () => {
  api = await ApiUnderTest.start();
  elsewhere = await TestDatabase.create({ migrations, afterMigrate });
});
afterAll(async () => {
  await api.close();
  await elsewhere.close();
});

/** Everything that a request could have written. */
async function written(): Promise<object[]> {
  return api.db.admin(
    `select (select count(*) from acci.event_log) as events, (select count(*) from acci.unique_claims) as claims,
            (select count(*) from acci.tenant_directory) as tenants, (select count(*) from acci.handled_commands) as commands`,
  );
}

async function send(path: string, body: string | Buffer, type = 'application/json'): Promise<object> {
  const headers = { 'content-type': type };
  const answer = await api.fetch(path, { method: 'POST', headers, body });
  return (await answer.json()) as object;
}

describe('what is sent to make a tenant', () => {
  const named = (json: string): string => `{"slug":"bad-input","name":${json}}`;
  const with_ = (json: string): string => `{"slug":"bad-input","name":"A","settings":${json}}`;
  const deep = '['.repeat(100_000) + ']'.repeat(100_000);

  it.each<[string, number, string, string | Buffer]>([
    ['what the schema does not name', 400, 'request.invalid', '{"slug":"bad-input","name":"A","x":1}'],
    ['10 MB', 413, 'request.body.too_large', named(`"${'x'.repeat(10 * 1024 * 1024)}"`)],
    ['half a surrogate pair', 422, 'event_store.data.invalid_text', named('"\\ud83d"')],
    ['a NUL', 422, 'event_store.data.invalid_text', named('"A\\u0000"')],
    ['no UTF-8', 400, 'request.malformed', Buffer.from(named('"\xff"'), 'latin1')],
    ['deep nesting', 400, 'request.malformed', with_(`{"locale":${deep}}`)],
    ['a __proto__ key', 400, 'request.malformed', with_('{"__proto__":{"locale":"de"}}')],
  ])('%s is refused, and nothing is written', async (_what, status, code, body) => {
    const before = await written();
    expect(await send('/v1/tenants', body)).toMatchObject({ status, code });
    expect(await written()).toEqual(before);
  });
});

describe('the export of another program', () => {
  const anything = z.record(z.string(), z.json());
  const define = (type: string, version: number) => defineEvent({ type, version, schema: anything });
  const created = define('auth.api_key.created', 1);
  const revoked = define('auth.api_key.revoked', 1);
  const revokedLater = define('auth.api_key.revoked', 2);
  const robbed = define('auth.api_key.robbed', 1);

  /** An aggregate as the other program knows it. */
  function aggregateOf(
    streamType: string,
    events: (typeof created)[],
    upcasters: AggregateClass['upcasters'] = [],
  ) {
    return class Other extends Aggregate {
      static readonly streamType = streamType;
      static readonly events = events;
      static readonly upcasters = upcasters;

      happen(event: DomainEvent): this {
        this.record(event);
        return this;
      }

      protected apply(): void {}
    };
  }

  async function exportOf(type: ReturnType<typeof aggregateOf>, event: DomainEvent): Promise<string> {
    const registry = new EventRegistry();
    registry.register(type);
    const store = new EventStore(elsewhere.database, registry);
    const ctx = testContext();
    await store.save(ctx, new type(uuidv7()).happen(event));
    let text = '';
    for await (const line of new TenantTransfer(elsewhere.database, registry, store).export(ctx))
      text += line;
    return text;
  }

  const key = 'auth.api_key';
  it.each([
    ['of an unknown type', 'unknown_type', aggregateOf(key, [robbed]), robbed.of({})],
    ['in streams of an unknown type', 'unknown_type', aggregateOf('bank.vault', [created]), created.of({})],
    [
      'of a version from the future',
      'unknown_version',
      aggregateOf(key, [revokedLater], [upcast(revoked).to(revokedLater, (data) => data)]),
      revokedLater.of({}),
    ],
    ['that violate their schema', 'invalid', aggregateOf(key, [created]), created.of({ name: 1 })],
  ])('with events %s is refused, and nothing is written', async (_what, reason, type, event) => {
    const { id } = (await send('/v1/tenants', JSON.stringify({ slug: `t-${uuidv7()}`, name: 'A' }))) as {
      id: string;
    };
    const before = await written();
    const answer = await send(
      `/v1/tenants/${id}/import`,
      await exportOf(type, event),
      'application/x-ndjson',
    );
    expect(answer).toMatchObject({
      status: 422,
      code: 'event_store.transfer.event_refused',
      reason: `event_store.event.${reason}`,
    });
    expect(await written()).toEqual(before);
  });
});
