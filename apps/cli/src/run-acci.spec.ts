import { InvalidConfiguration } from '@acci/api';
import { DatabaseBusy } from '@acci/database';
import { InvalidSubjectId, TenantNotEmpty } from '@acci/event-store';
import { TenantNotFound } from '@acci/tenancy';
import { exitCodeOf } from './exit-code-of.js';
import { UsageError } from './exit-codes.js';
import { Acci } from './spec-support/acci.js';
import { words } from './words.js';

const url = 'postgres://nobody@127.0.0.1:1/nothing';
const acci = new Acci({ urls: { app: url, system: url, owner: url } });
const inOneLine = (text: string) => text.replaceAll(/\s+/g, ' ');

it('tells every command, and what it is for', async () => {
  const { code, stdout } = await acci.run(['--help']);
  expect(code).toBe(0);
  for (const { name, description } of Object.values(words))
    expect(inOneLine(stdout)).toContain(` ${name} ${description}`);
});

it.each(Object.values(words))('explains $name', async ({ name, description }) => {
  for (const help of [
    [name, '--help'],
    ['help', name],
  ]) {
    const { code, stdout } = await acci.run(help);
    expect(code).toBe(0);
    expect(inOneLine(stdout)).toContain(`Usage: acci ${name}`);
    expect(inOneLine(stdout)).toContain(description);
  }
});

it('declares what several commands take alike, with examples', async () => {
  const tenant = '--tenant <tenant> only of this tenant: id, slug or platform';
  const types = '--types <types> only of these types, separated by commas';
  for (const command of ['tail', 'replay']) {
    const { stdout } = await acci.run(['events', command, '--help']);
    expect(inOneLine(stdout)).toContain(`${tenant} ${types}`);
    expect(stdout).toContain(`$ acci events ${command}`);
  }
  const act = '--reason <text> why; it is kept --actor <name> who acts (default: cli:<your login>)';
  for (const command of ['projections run-to', 'dead-letters retry', 'reactions replay', 'tenants suspend']) {
    const { stdout } = await acci.run([...command.split(' '), '--help']);
    expect(inOneLine(stdout)).toContain(act);
    expect(stdout).toContain(`$ acci ${command} `);
  }
});

describe('exitCodeOf', () => {
  const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });

  it.each([
    ['a wrong command line', new UsageError('x'), 2],
    ['a wrong environment', new InvalidConfiguration('x'), 2],
    [
      'the commander’s refusal',
      Object.assign(new Error('x'), { code: 'commander.unknownOption', exitCode: 1 }),
      2,
    ],
    ['help', Object.assign(new Error('x'), { code: 'commander.helpDisplayed', exitCode: 0 }), 0],
    ['what is not there', new TenantNotFound('x'), 3],
    ['a conflict', new TenantNotEmpty(), 4],
    ['bad input', new InvalidSubjectId(), 4],
    ['a busy database', new DatabaseBusy('x'), 5],
    ['a server that does not answer', refused, 5],
    ['a server with two addresses, neither of which answers', new AggregateError([refused, refused]), 5],
    ['a server that shuts down', Object.assign(new Error('x'), { code: '57P01' }), 5],
    ['anything else', new Error('x'), 1],
    ['what is no error', 'x', 1],
  ])('%s', (_name, error, code) => {
    expect(exitCodeOf(error)).toBe(code);
  });
});
