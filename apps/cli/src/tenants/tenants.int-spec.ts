import { afterMigrate, migrations } from '@acci/api';
import { TestDatabase } from '@acci/database/testing';
import type { TenantResponse } from '@acci/tenancy';
import { Acci } from '../spec-support/acci.js';

let db: TestDatabase;
let acci: Acci;

beforeAll(async () => {
  db = await TestDatabase.create({ migrations, afterMigrate });
  acci = new Acci(db);
  await acci.json('tenants', 'create', 'taken', '--name', 'Taken');
});
afterAll(() => db.close());

it('makes, lists and suspends a tenant, and writes down who did it', async () => {
  const made = await acci.run([
    'tenants',
    'create',
    'acme',
    '--name',
    'Acme Ltd',
    '--setting',
    'locale=de-CH',
  ]);
  expect(made.code).toBe(0);
  const id = made.stdout.trim();
  await acci.json('tenants', 'create', 'acme-labs', '--name', 'Acme Labs', '--parent', 'acme');
  const reason = ['--reason', 'Invoice 2026-014 is unpaid', '--actor', 'user:ada'];
  expect(await acci.run(['tenants', 'suspend', 'acme', ...reason])).toMatchObject({
    code: 0,
    stdout: '',
    stderr: `Tenant ${id} is suspended.\n`,
  });
  expect(await acci.json<TenantResponse[]>('tenants', 'list')).toMatchObject([
    { slug: 'acme-labs', parentId: id, status: 'active' },
    { id, slug: 'acme', status: 'suspended', settings: { locale: 'de-CH' } },
    { slug: 'taken' },
  ]);
  const events = await db.admin<{ type: string; actor: string }>(
    `select type, metadata ->> 'actor' as actor from acci.event_log where stream_id = $1 order by version`,
    [id],
  );
  expect(events).toEqual([
    { type: 'tenancy.tenant.created', actor: expect.stringMatching(/^cli:./) as string },
    { type: 'tenancy.tenant.suspended', actor: 'user:ada' },
  ]);
});

it('lists under headings, filtered, without what would move the cursor', async () => {
  await acci.json('tenants', 'create', 'bell', '--name', 'Be\u0007\u001b[2Jll', '--plan', 'standard');
  const { stdout } = await acci.run(['tenants', 'list', '--plan', 'standard']);
  const [headings, row, ...rest] = stdout.trimEnd().split('\n');
  expect(headings).toMatch(/^ID +SLUG +NAME +PLAN +REGION +STATUS$/);
  expect(row).toMatch(/^[0-9a-f-]{36} {2}bell {2}Be��\[2Jll {2}standard {2}eu +active$/);
  expect(rest).toEqual([]);
});

it.each([
  ['a tenant that is not there', ['suspend', 'nobody', '--reason', 'x'], 3, 'tenancy.tenant.not_found'],
  ['a slug that is taken', ['create', 'taken', '--name', 'x'], 4, 'tenancy.slug.taken'],
  ['a plan that is not on offer', ['create', 'y', '--name', 'x', '--plan', 'z'], 2, 'Not a DNS label'],
  ['a missing reason', ['suspend', 'taken'], 2, '--reason'],
  ['an order that there is not', ['list', '--sort', 'size'], 2, 'size is none of name, '],
  ['a setting without a value', ['create', 'x', '--name', 'x', '--setting', 'locale'], 2, 'name=value'],
  ['too many words', ['list', 'all'], 2, 'too many arguments'],
  ['an unknown word', ['lits'], 2, "unknown command 'lits'"],
  ['no word at all', [], 2, 'Usage: acci tenants'],
  ['a file that is not there', ['import', '/nowhere.csv'], 3, 'cli.file.not_found'],
])('refuses %s', async (_name, args, code, message) => {
  const outcome = await acci.run(['tenants', ...args]);
  expect(outcome).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(message) as string });
});

it('tells programs of a refusal as JSON', async () => {
  const { stderr } = await acci.run(['tenants', 'create', 'zeta', '--name', 'Z', '--plan', 'gold', '--json']);
  expect(JSON.parse(stderr)).toEqual({
    error: {
      code: 'tenancy.plan.unknown',
      message: 'The platform offers no such plan',
      details: { offered: ['free', 'standard', 'enterprise'] },
    },
  });
});

it('imports line by line, and ends with 4 if a line was refused', async () => {
  const csv = 'slug,name,settings.locale\nimported,Imported,de-CH\nimported,Again,\n';
  const { code, stdout, stderr } = await acci.run(['tenants', 'import', '-', '--format', 'csv'], csv);
  expect(code).toBe(4);
  expect(stdout.split('\n')).toEqual([
    expect.stringMatching(/^line 2: imported is [0-9a-f-]{36}$/),
    'line 3: refused: Line 2 has the same slug (tenancy.import.line_doubled)',
    '',
  ]);
  expect(stderr).toBe('1 made, 1 refused.\n');
  const again = await acci.run(['tenants', 'import', '-', '--json'], '{"slug":"imported-2","name":"Two"}\n');
  expect(again.code).toBe(0);
  const lines = again.stdout.trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    { status: 'created', slug: 'imported-2' },
    { status: 'finished', created: 1, refused: 0 },
  ]);
});
