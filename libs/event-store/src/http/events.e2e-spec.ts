import { readProblem } from '@acci/rest/testing';
import { Account } from '../fixtures/account.js';
import { follow } from '../fixtures/examples/follow.js';
import { adapters } from '../spec-support/events-server.js';
import { ctx, other, told, useEventsServer, useHistory } from '../spec-support/history.js';
import { testContext } from '../testing/context.js';

const bank = useHistory();

describe.each(adapters)('events over HTTP on %s', (adapter) => {
  const at = useEventsServer(adapter, bank);

  describe('GET /v1/events', () => {
    const all = [
      ['a/1', 1, undefined, 'bank.account.opened'],
      ['a/1', 2, undefined, 'bank.account.deposited'],
      ['a/1', 3, undefined, 'bank.account.deposited'],
      ['a/1', 4, undefined, 'bank.account.deposited'],
      ['a/1', 5, undefined, 'bank.account.deposited'],
      ['i-1', 1, undefined, 'shop.invoice.sent'],
      ['i-1', 3, undefined, 'shop.invoice.paid'],
      ['i-1', 3, 1, 'shop.invoice.reduced'],
      ['i-1', 4, undefined, 'shop.invoice.paid'],
    ];

    it.each([1, 2, 3, 200])('tells everything once, in order, by pages of %i', async (limit) => {
      expect(told(await at.server.pages(`/v1/events?limit=${limit}`, ctx.tenantId))).toEqual(all);
    });

    it('tells nobody of another tenant', async () => {
      const page = await at.server.page('/v1/events', other.tenantId);
      expect(told([page])).toEqual([
        ['a/1', 1, undefined, 'bank.account.opened'],
        ['foreign', 1, undefined, 'bank.account.opened'],
      ]);
      expect(told([await at.server.page('/v1/events?streamId=i-1', other.tenantId)])).toEqual([]);
      expect(told([await at.server.page('/v1/events?correlationId=c-1', other.tenantId)])).toEqual([]);
      expect((await at.server.page('/v1/events', testContext().tenantId)).items).toEqual([]);
    });

    it.each([
      ['types=bank.account.opened', [0]],
      ['types=shop.invoice.paid', [6, 8]],
      ['types=shop.invoice.reduced,bank.account.opened', [0, 7]],
      ['types=shop.invoice.settled', []],
      ['streamType=bank.account', [0, 1, 2, 3, 4]],
      ['streamId=i-1', [5, 6, 7, 8]],
      ['correlationId=c-2', [3, 4]],
      ['causationId=e-1', [3, 4]],
      ['causationId=e-1&correlationId=c-1', []],
      ['from=2000-01-01T00:00:00Z&to=2999-01-01T00:00:00%2B02:00', [0, 1, 2, 3, 4, 5, 6, 7, 8]],
      ['from=2999-01-01T00:00:00Z', []],
      ['from=0000-01-01T00:00:00Z&to=2999-01-01T00:00:00%2B20:00', [0, 1, 2, 3, 4, 5, 6, 7, 8]],
      ['to=2000-01-01T00:00:00Z', []],
    ])('filters by %s', async (filter, expected) => {
      const pages = await at.server.pages(`/v1/events?limit=1&${filter}`, ctx.tenantId);
      expect(told(pages)).toEqual(expected.map((index) => all[index]));
    });

    it.each(['/v1/events', '/v1/event-streams/bank.account/large', '/v1/events?correlationId=large'])(
      'tells of large events in shorter pages: %s',
      async (path) => {
        const fresh = testContext({ correlationId: 'large' });
        const account = Account.open('large', 'Large');
        for (let index = 0; index < 9; index += 1) account.deposit(1, 'x'.repeat(900_000));
        await bank.store.save(fresh, account);
        const pages = await at.server.pages(path, fresh.tenantId);
        expect(pages.map(({ items }) => items.map(({ version }) => version))).toEqual([
          [1, 2, 3, 4, 5, 6],
          [7, 8, 9, 10],
        ]);
      },
    );

    it('filters by time to the millisecond', async () => {
      const [, second] = await bank.store.readStream(ctx, 'bank.account', 'a/1');
      const time = second?.recordedAt.toISOString();
      const from = await at.server.pages(`/v1/events?from=${time}`, ctx.tenantId);
      const to = await at.server.pages(`/v1/events?to=${time}`, ctx.tenantId);
      expect([...told(to), ...told(from)]).toEqual(all);
      expect(told(from)).toContainEqual(all[1]);
    });

    it('filters raw events by what they are stored as', async () => {
      const pages = await at.server.pages('/v1/events?raw=true&types=shop.invoice.settled', ctx.tenantId);
      expect(told(pages)).toEqual([['i-1', 3, undefined, 'shop.invoice.settled']]);
    });

    it('goes on where it was, and looks at nothing twice', async () => {
      const fresh = testContext();
      let { resume, items } = await at.server.page('/v1/events?types=bank.account.closed', fresh.tenantId);
      expect(items).toEqual([]);
      const account = Account.open('b-1', 'B');
      account.close();
      await bank.store.save(fresh, account);
      ({ resume, items } = await at.server.page(
        `/v1/events?types=bank.account.closed&cursor=${resume}`,
        fresh.tenantId,
      ));
      expect(items).toHaveLength(1);
      ({ items } = await at.server.page(
        `/v1/events?types=bank.account.closed&cursor=${resume}`,
        fresh.tenantId,
      ));
      expect(items).toEqual([]);
    });

    it('shows an event only when nothing can come before it any more, and then loses none', async () => {
      const fresh = testContext();
      let resume = '';
      const seen: unknown[] = [];
      const look = async () => {
        const page = await at.server.page(`/v1/events?${resume && `cursor=${resume}`}`, fresh.tenantId);
        ({ resume } = page);
        seen.push(...page.items.map(({ streamId }) => streamId));
      };
      const inserted = Promise.withResolvers<void>();
      const commit = Promise.withResolvers<void>();
      const slow = bank.db.database.inTenant(fresh.tenantId, async () => {
        await bank.store.save(fresh, Account.open('slow', 'Slow'));
        inserted.resolve();
        await commit.promise;
      });
      await inserted.promise;
      await bank.store.save(fresh, Account.open('fast', 'Fast'));
      await look();
      expect(seen).toEqual([]);
      commit.resolve();
      await slow;
      await look();
      await look();
      expect(seen).toEqual(['slow', 'fast']);
    });

    it('is followed as the documentation shows', async () => {
      const fresh = testContext();
      const seen: string[] = [];
      const catchUp = (cursor?: string) =>
        follow(`${at.server.url}/v1/events?limit=1`, fresh.tenantId, cursor, async ({ streamId }) => {
          seen.push(streamId);
        });
      await bank.store.save(fresh, Account.open('first', 'First'));
      await bank.store.save(fresh, Account.open('second', 'Second'));
      const cursor = await catchUp();
      await bank.store.save(fresh, Account.open('third', 'Third'));
      await catchUp(await catchUp(cursor));
      expect(seen).toEqual(['first', 'second', 'third']);
    });

    it('takes a cursor only with its filter, and only from its tenant', async () => {
      const { resume } = await at.server.page('/v1/events?streamId=i-1', ctx.tenantId);
      const wrong: [string, string][] = [
        ['/v1/events', ctx.tenantId],
        ['/v1/events?streamId=i-2', ctx.tenantId],
        ['/v1/events?streamId=i-1&raw=true', ctx.tenantId],
        ['/v1/events?streamId=i-1', other.tenantId],
      ];
      for (const [path, tenantId] of wrong) {
        const answer = await at.server.fetch(
          `${path}${path.includes('?') ? '&' : '?'}cursor=${resume}`,
          tenantId,
        );
        expect(await readProblem(answer)).toMatchObject({ status: 400, code: 'request.cursor.invalid' });
      }
      expect(
        (await at.server.page(`/v1/events?limit=7&streamId=i-1&cursor=${resume}`, ctx.tenantId)).items,
      ).toEqual([]);
    });

    it.each([
      'types=',
      'types=Account',
      'streamType=x',
      'from=yesterday',
      'limit=0',
      'limit=201',
      'correlationId=',
    ])('refuses ?%s', async (query) => {
      const problem = await readProblem(await at.server.fetch(`/v1/events?${query}`, ctx.tenantId));
      expect(problem).toMatchObject({ status: 400, code: 'request.invalid' });
    });
  });
});
