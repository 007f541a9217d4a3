import type { Transaction } from '@acci/database';
import { AccountOpened, BalancesProjection } from './fixtures/bank.js';
import {
  Projection,
  ProjectionNotFound,
  ProjectionRegistrationError,
  ProjectionRegistry,
  type ProjectionHandler,
  type ProjectionOptions,
} from './index.js';

/** An instance of a projection class with these options. */
function declared(options: Partial<Record<keyof ProjectionOptions, unknown>>): ProjectionHandler {
  const full = {
    name: 'a.b',
    version: 1,
    lifecycle: 'async',
    events: [AccountOpened],
    tables: ['acci.a'],
    ...options,
  };
  @Projection(full as unknown as ProjectionOptions)
  class Declared implements ProjectionHandler {
    handle(_event: unknown, _tx: Transaction): void {}
  }
  return new Declared();
}

describe('ProjectionRegistry', () => {
  it('lists what was registered, once', () => {
    const registry = new ProjectionRegistry();
    registry.register(new BalancesProjection());
    registry.register(new BalancesProjection());
    registry.register(declared({ lifecycle: 'inline' }));
    expect(registry.list().map(({ name }) => name)).toEqual(['bank.balances', 'a.b']);
    expect(registry.list('inline').map(({ name }) => name)).toEqual(['a.b']);
    expect(registry.get('bank.balances').types).toEqual(['bank.account.opened', 'bank.account.money_moved']);
    expect(() => registry.get('no.such')).toThrow(ProjectionNotFound);
  });

  it.each([
    ['a doubled name', { name: 'bank.balances' }, /BalancesProjection have the same name, bank.balances/],
    ['a bad name', { name: 'Balances' }, /needs a name such as 'area.noun', not Balances/],
    ['a bad version', { version: 0 }, /a.b needs a version from 1, not 0/],
    ['an unknown lifecycle', { lifecycle: 'lazy' }, /a.b has no such lifecycle: lazy/],
    ['one that is only asked', { lifecycle: 'live' }, /Declared is live: it is asked by projections.live/],
    ['unknown tenants', { tenants: 'some' }, /a.b has no such tenants: some/],
    ['chosen tenants inline', { lifecycle: 'inline', tenants: 'chosen' }, /a.b is inline, so it is for all/],
    ['no events', { events: [] }, /a.b lists no events/],
    ['no list of tables', { tables: undefined }, /a.b lists no tables/],
    ['a bad table name', { tables: ['acci.a; drop table acci.events'] }, /no name such as 'schema.table'/],
    [
      'a table of another projection',
      { tables: ['acci.balances'] },
      /a.b and bank.balances both fill acci.balances/,
    ],
  ])('refuses %s, naming the offender', (_what, options, message) => {
    const registry = new ProjectionRegistry();
    registry.register(new BalancesProjection());
    const register = () => registry.register(declared(options));
    expect(register).toThrow(ProjectionRegistrationError);
    expect(register).toThrow(message);
  });

  it('refuses a class without the decorator, and one without a handler', () => {
    const registry = new ProjectionRegistry();
    class Plain {
      handle(): void {}
    }
    expect(() => registry.register(new Plain())).toThrow(
      'Plain is no projection: it lacks @Projection({ … })',
    );
    const handless = Object.create(declared({})) as ProjectionHandler;
    Object.assign(handless, { handle: undefined });
    expect(() => registry.register(handless)).toThrow('Declared has no method handle');
  });
});
