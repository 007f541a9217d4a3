import { Parser, type Diagnostic } from '@asyncapi/parser';
import { Account } from '../fixtures/account.js';
import { useBank } from '../fixtures/bank.js';
import { Invoice } from '../fixtures/examples/invoice.js';
import { asyncApiDocument, EventRegistry } from '../index.js';
import { asyncApiOptions, EventsServer } from '../spec-support/events-server.js';

const bank = useBank([Account, Invoice]);

/** Errors are 0, warnings 1. */
const worseThanHints = (diagnostics: readonly Diagnostic[]) =>
  diagnostics.filter(({ severity }: { severity: number }) => severity < 2);

it('/asyncapi.json is valid AsyncAPI 3 without a warning, and says what every event looks like', async () => {
  const server = await EventsServer.start('fastify', bank.db.database, [Account, Invoice]);
  const response = await server.fetch('/asyncapi.json');
  expect(response.headers.get('content-type')).toContain('application/json');
  const { document, diagnostics } = await new Parser().parse(await response.text());
  await server.close();
  expect(worseThanHints(diagnostics)).toEqual([]);
  expect(document?.version()).toBe('3.0.0');
  expect(
    document
      ?.channels()
      .all()
      .map((channel) => channel.address()),
  ).toEqual([
    '/v1/events',
    '/v1/event-streams/acci.subject/{streamId}',
    '/v1/event-streams/bank.account/{streamId}',
    '/v1/event-streams/shop.invoice/{streamId}',
    '/v1/event-streams/{type}/{id}/stream',
    '/v1/events/stream',
  ]);
  const live = document?.operations().get('follow.events.stream');
  expect(live?.bindings().get('http')?.value()).toMatchObject({ method: 'GET' });
  const told = live?.messages();
  expect(told?.get('shop.invoice.sent.v3')?.payload()).toBeDefined();
  expect(told?.get('stream.problem')?.headers()?.json()).toMatchObject({
    properties: { event: { const: 'problem' } },
  });
  expect(document?.channels().get('bank.account')?.messages().get('acci.stream.archived.v1')).toBeDefined();
  const sent = document?.components().messages().get('shop.invoice.sent.v3');
  expect(sent?.payload()?.json()).toMatchObject({
    allOf: [
      { properties: { position: { type: 'string' } } },
      { properties: { data: { properties: { total: { properties: { cents: { type: 'integer' } } } } } } },
    ],
  });
});

it('names the servers that it is told of, and finds schemas that refer to themselves', async () => {
  const registry = new EventRegistry();
  registry.register(Account);
  const servers = [{ url: 'https://api.bank.example/eu', description: 'Europe' }];
  const { document, diagnostics } = await new Parser().parse(
    JSON.stringify(asyncApiDocument(registry, { ...asyncApiOptions, servers })),
  );
  expect(worseThanHints(diagnostics)).toEqual([]);
  const [server] = document?.servers().all() ?? [];
  expect(server?.url()).toBe('https://api.bank.example/eu');
});
