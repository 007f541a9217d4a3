import { OwnerDatabase } from '@acci/database';
import { readProblem } from '@acci/rest/testing';
import { Account } from '../fixtures/account.js';
import { StreamArchiver } from '../index.js';
import { adapters, type EventsAnswer } from '../spec-support/events-server.js';
import { accountPath, ctx, other, told, useEventsServer, useHistory } from '../spec-support/history.js';
import { testContext } from '../testing/context.js';
import { moveArchived } from '../testing/move-archived.js';

const bank = useHistory();

const amounts = (pages: readonly EventsAnswer[]) =>
  pages
    .flatMap(({ items }) => items)
    .map(({ version, data }) => [version, (data as { amount?: number }).amount]);

describe.each(adapters)('streams over HTTP on %s', (adapter) => {
  const at = useEventsServer(adapter, bank);

  describe('GET /v1/event-streams/{type}/{id}', () => {
    it('tells what happened, forwards and backwards, a page at a time', async () => {
      expect(amounts(await at.server.pages(`${accountPath}?limit=2`, ctx.tenantId))).toEqual([
        [1, undefined],
        [2, 1],
        [3, 2],
        [4, 3],
        [5, 4],
      ]);
      expect(
        amounts(await at.server.pages(`${accountPath}?limit=2&direction=backwards`, ctx.tenantId)),
      ).toEqual([
        [5, 4],
        [4, 3],
        [3, 2],
        [2, 1],
        [1, undefined],
      ]);
    });

    it('tells all about an event', async () => {
      const [first] = await bank.store.readStream(ctx, 'bank.account', 'a/1');
      const { items } = await at.server.page(`${accountPath}?limit=1`, ctx.tenantId);
      expect(items).toEqual([
        {
          position: expect.stringMatching(/^\d+\.\d+\.\d+$/),
          streamType: 'bank.account',
          streamId: 'a/1',
          version: 1,
          id: first?.id,
          type: 'bank.account.opened',
          schemaVersion: 1,
          data: { name: 'Savings' },
          metadata: { actor: 'user:ada', correlationId: 'c-1', causationId: 'e-0', commandId: 'cmd-1' },
          recordedAt: first?.recordedAt.toISOString(),
        },
      ]);
    });

    it('shows events of old as they are read today, or raw; no page tears one apart', async () => {
      const invoice = '/v1/event-streams/shop.invoice/i-1?limit=1';
      expect(told(await at.server.pages(invoice, ctx.tenantId))).toEqual([
        ['i-1', 1, undefined, 'shop.invoice.sent'],
        ['i-1', 3, undefined, 'shop.invoice.paid'],
        ['i-1', 3, 1, 'shop.invoice.reduced'],
        ['i-1', 4, undefined, 'shop.invoice.paid'],
      ]);
      expect(told(await at.server.pages(`${invoice}&raw=true`, ctx.tenantId))).toEqual([
        ['i-1', 1, undefined, 'shop.invoice.sent'],
        ['i-1', 2, undefined, 'shop.invoice.viewed'],
        ['i-1', 3, undefined, 'shop.invoice.settled'],
        ['i-1', 4, undefined, 'shop.invoice.paid'],
      ]);
    });

    it('tells of an archived stream as well', async () => {
      const archived = testContext();
      await bank.store.save(archived, Account.open('old', 'Old'));
      await bank.store.archive(archived, Account, 'old');
      const owner = new OwnerDatabase(bank.db.urls.owner);
      expect(await moveArchived(new StreamArchiver(bank.db.database, owner), bank.db.database)).toBe(1);
      await owner.close();
      const expected = [
        ['old', 1, undefined, 'bank.account.opened'],
        ['old', 2, undefined, 'acci.stream.archived'],
      ];
      const path = '/v1/event-streams/bank.account/old?limit=1';
      expect(told(await at.server.pages(path, archived.tenantId))).toEqual(expected);
      expect(told(await at.server.pages('/v1/events?limit=1', archived.tenantId))).toEqual(expected);
    });

    it.each([
      ['of another tenant', '/v1/event-streams/bank.account/foreign'],
      ['of another type', '/v1/event-streams/shop.invoice/a%2F1'],
      ['that is not there', '/v1/event-streams/bank.account/nowhere'],
      ['of a type that is not there', '/v1/event-streams/bank.vault/a%2F1'],
    ])('does not know a stream %s', async (_, path) => {
      const problem = await readProblem(await at.server.fetch(path, ctx.tenantId));
      expect(problem).toMatchObject({ status: 404, code: 'event_store.stream.not_found' });
    });

    it.each(['/v1/event-streams/Account/1', `${accountPath}?direction=up`])('refuses %s', async (path) => {
      const problem = await readProblem(await at.server.fetch(path, ctx.tenantId));
      expect(problem).toMatchObject({ status: 400, code: 'request.invalid' });
    });

    it('takes a cursor only where it comes from', async () => {
      const { next } = await at.server.page(`${accountPath}?limit=1`, ctx.tenantId);
      const wrong = [
        `${accountPath}?direction=backwards&cursor=${next}`,
        `/v1/event-streams/shop.invoice/i-1?cursor=${next}`,
        `/v1/events?cursor=${next}`,
        `${accountPath}?cursor=WyJhIiwxXQ`,
      ];
      for (const path of wrong) {
        const problem = await readProblem(await at.server.fetch(path, ctx.tenantId));
        expect(problem).toMatchObject({ status: 400, code: 'request.cursor.invalid' });
      }
      const elsewhere = await at.server.fetch(`${accountPath}?cursor=${next}`, other.tenantId);
      expect(await readProblem(elsewhere)).toMatchObject({ code: 'request.cursor.invalid' });
    });
  });

  it('GET /v1/event-types tells what can happen, and what could', async () => {
    const response = await at.server.fetch('/v1/event-types', ctx.tenantId);
    const { items } = (await response.json()) as { items: { type: string; versions: object[] }[] };
    const types = items.map(({ type }) => type);
    expect(types).toEqual(types.toSorted());
    expect(items.find(({ type }) => type === 'shop.invoice.sent')).toMatchObject({
      streamType: 'shop.invoice',
      producedBy: ['shop.invoice'],
      versions: [
        { version: 1, current: false, upcastsTo: [{ type: 'shop.invoice.sent', version: 2 }] },
        { version: 2, current: false, upcastsTo: [{ type: 'shop.invoice.sent', version: 3 }] },
        {
          version: 3,
          current: true,
          upcastsTo: [],
          personal: [],
          schema: { type: 'object', required: ['total'] },
        },
      ],
    });
    expect(items.find(({ type }) => type === 'shop.invoice.viewed')).toMatchObject({ producedBy: [] });
    expect(items.find(({ type }) => type === 'acci.stream.archived')).toMatchObject({ streamType: '*' });
  });

  it.each([
    ['/v1/events', 'events.read'],
    [accountPath, 'events.streams.read'],
    ['/v1/event-types', 'events.types.read'],
  ])('%s needs the permission %s', async (path, permission) => {
    expect((await at.server.fetch(path, ctx.tenantId, { 'x-without': permission })).status).toBe(403);
    expect((await at.server.fetch(path, ctx.tenantId)).status).toBe(200);
  });
});
