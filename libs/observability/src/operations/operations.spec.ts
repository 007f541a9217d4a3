import { tracingChannel } from 'node:diagnostics_channel';
import { observeOperations } from './operations.js';
import { publishBus } from './publish-bus.js';

describe('observed operations', () => {
  const channel = tracingChannel('acci:query');
  let seen: unknown[];
  let stop: () => void;
  beforeEach(() => {
    seen = [];
    stop = observeOperations<number>('query', {
      begin: ({ name }) => seen.push(`begin ${name}`),
      end: ({ name, attributes }, state, error) => seen.push([name, attributes, state, error]),
    });
  });
  afterEach(() => stop());

  it('end once, when the promise does, with what was learned meanwhile', async () => {
    const operation = { name: 'a', attributes: {} as Record<string, string> };
    const running = channel.tracePromise(async () => {
      await Promise.resolve();
      operation.attributes['rows'] = '3';
    }, operation);
    expect(seen).toEqual(['begin a']);
    await running;
    expect(seen).toEqual(['begin a', ['a', { rows: '3' }, 1, undefined]]);
  });

  it('end with the error of a rejection and of a throw', async () => {
    const error = new Error('no');
    await expect(channel.tracePromise(() => Promise.reject(error), { name: 'a' })).rejects.toBe(error);
    const thrown = (): void => {
      throw error;
    };
    expect(() => channel.traceSync(thrown, { name: 'b' })).toThrow(error);
    expect(seen.filter(Array.isArray)).toEqual([
      ['a', undefined, 1, error],
      ['b', undefined, 3, error],
    ]);
  });

  it('are no longer heard once the observer stopped', async () => {
    stop();
    stop = () => {};
    await channel.tracePromise(async () => {}, { name: 'a' });
    expect(seen).toEqual([]);
  });
});

function bus(): { executed: unknown[]; execute(work: object, ...rest: unknown[]): Promise<unknown> } {
  return {
    executed: [],
    execute(...args) {
      this.executed.push(args);
      return Promise.resolve('answer');
    },
  };
}

describe('a published bus', () => {
  class GetOrder {
    constructor(readonly ctx: { tenantId: string }) {}
  }

  it('says what it executes and for which tenant', async () => {
    const seen: unknown[] = [];
    const stop = observeOperations('query', {
      begin: () => undefined,
      end: (operation) => seen.push({ ...operation }),
    });
    const queries = bus();
    publishBus('query', queries);
    const query = new GetOrder({ tenantId: 't-1' });
    expect(await queries.execute(query, 'context')).toBe('answer');
    stop();
    expect(queries.executed).toEqual([[query, 'context']]);
    expect(seen).toEqual([
      expect.objectContaining({ name: 'GetOrder', attributes: { 'acci.tenant': 't-1' } }),
    ]);
  });

  it('just executes while nobody observes', async () => {
    const commands = bus();
    publishBus('command', commands);
    expect(await commands.execute(new GetOrder({ tenantId: 't-1' }))).toBe('answer');
    expect(commands.executed).toHaveLength(1);
  });
});
