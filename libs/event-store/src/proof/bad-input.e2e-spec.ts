import { Account } from '../fixtures/account.js';
import { useBank } from '../fixtures/bank.js';
import { DepositsController } from '../spec-support/deposits.controller.js';
import { adapters, EventsServer } from '../spec-support/events-server.js';

const bank = useBank();
const { ctx } = bank;

describe.each(adapters)('bad input on %s', (adapter) => {
  let server: EventsServer;
  let path: string;
  beforeAll(async () => {
    server = await EventsServer.start(adapter, bank.db.database, [Account], [DepositsController]);
    path = `/v1/accounts/${(await bank.open()).id}/deposits`;
  });
  afterAll(() => server.close());

  const note = (json: string): string => `{"amount":1,"note":${json}}`;
  const many = (text: string, times: number): string => text.repeat(times);

  it.each<[string, number, string, string | Uint8Array]>([
    ['a number where none may be', 422, 'event_store.event.invalid', '{"amount":-1}'],
    ['a number that JSON cannot hold', 422, 'event_store.data.not_json', note('1e999')],
    ['no JSON', 400, 'request.malformed', '{"amount":1'],
    ['10 MB', 413, 'request.body.too_large', note(`"${many('x', 10 * 1024 * 1024)}"`)],
    ['more than an event takes', 413, 'event_store.event.too_large', note(`[${many('1e20,', 60_000)}0]`)],
    ['half a surrogate pair', 422, 'event_store.data.invalid_text', note('"\\ud83d"')],
    ['half a pair in a key', 422, 'event_store.data.invalid_text', note('{"\\ude00":1}')],
    ['a NUL', 422, 'event_store.data.invalid_text', note('"a\\u0000"')],
    ['no UTF-8', 400, 'request.malformed', Buffer.from(note('"\xff\xfe"'), 'latin1')],
    ['33 levels', 422, 'event_store.data.too_deep', note(many('[', 32) + many(']', 32))],
    ['100,000 levels', 422, 'event_store.data.too_deep', note(many('[', 100_000) + many(']', 100_000))],
    ['a __proto__ key', 400, 'request.malformed', note('{"__proto__":{"admin":true}}')],
    ['an escaped one', 400, 'request.malformed', note('[{"\\u005f_proto__":{"admin":true}}]')],
  ])('%s is answered with %i %s, and nothing is written', async (_what, status, code, body) => {
    const before = await bank.eventCount();
    const answer = await server.post(path, ctx.tenantId, body);
    const problem: unknown = await answer.json();
    expect(problem).toMatchObject({ status, code });
    expect(answer.status).toBe(status);
    expect(await bank.eventCount()).toBe(before);
  });

  it('takes what is only unusual', async () => {
    const body = note('{"constructor":1,"toString":"😀\\u2028","":[[]]}');
    expect((await server.post(path, ctx.tenantId, body)).status).toBe(201);
  });
});
