import { Account } from '../fixtures/account.js';
import { useBank, type Bank } from '../fixtures/bank.js';
import {
  Invoice,
  InvoicePaid,
  InvoiceSentV1,
  InvoiceSettled,
  InvoiceViewed,
} from '../fixtures/examples/invoice.js';
import { OldInvoice } from '../fixtures/old-invoice.js';
import { testContext } from '../testing/context.js';
import { EventsServer, type adapters, type EventsAnswer } from './events-server.js';

export const ctx = testContext({
  actor: 'user:ada',
  correlationId: 'c-1',
  causationId: 'e-0',
  commandId: 'cmd-1',
});
export const other = testContext();
const later = { ...ctx, correlationId: 'c-2', causationId: 'e-1' };

/** The path of a stream whose id needs to be escaped. */
export const accountPath = '/v1/event-streams/bank.account/a%2F1';

/** Gives a test file a database with some history of two tenants. */
export function useHistory(): Bank {
  const bank = useBank([Account, OldInvoice]);
  beforeAll(async () => {
    const account = Account.open('a/1', 'Savings');
    await bank.store.save(ctx, account);
    for (const amount of [1, 2, 3, 4]) {
      account.deposit(amount);
      await bank.store.save(amount > 2 ? later : ctx, account);
    }
    await bank.store.save(
      ctx,
      OldInvoice.of(
        'i-1',
        InvoiceSentV1.of({ cents: 1_000 }),
        InvoiceViewed.of({}),
        InvoiceSettled.of({ paid: 900, waived: 100 }),
        InvoicePaid.of({ cents: 1 }),
      ),
    );
    await bank.store.save(other, Account.open('a/1', 'Savings'));
    await bank.store.save(other, Account.open('foreign', 'Foreign'));
  });
  return bank;
}

/** Serves that history to the tests of a block, by today's program. */
export function useEventsServer(
  adapter: (typeof adapters)[number],
  bank: Bank,
): { readonly server: EventsServer } {
  const made: { server?: EventsServer } = {};
  beforeAll(async () => {
    made.server = await EventsServer.start(adapter, bank.db.database, [Account, Invoice]);
  });
  afterAll(() => made.server?.close());
  return {
    get server() {
      return made.server as EventsServer;
    },
  };
}

/** Which events some pages show. */
export function told(pages: readonly EventsAnswer[]): unknown[][] {
  return pages
    .flatMap(({ items }) => items)
    .map(({ streamId, version, part, type }) => [streamId, version, part, type]);
}
