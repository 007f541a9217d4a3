import { migrations } from '@acci/api';
import type { DoctorVerdict } from '@acci/database';
import { TestDatabase } from '@acci/database/testing';
import { Acci } from './spec-support/acci.js';

let db: TestDatabase;
let acci: Acci;

beforeAll(async () => {
  db = await TestDatabase.create({ migrations: [] });
  acci = new Acci(db);
});
afterAll(() => db.close());

it('migrates an empty database once, before which nothing else is done', async () => {
  const early = await acci.run(['tenants', 'list', '--json']);
  expect(JSON.parse(early.stderr)).toMatchObject({ error: { code: 'cli.migrations.pending' } });
  expect(early.code).toBe(4);
  const names = migrations.map(({ name }) => name);
  expect(await acci.run(['migrate', '--check'])).toMatchObject({ code: 4, stdout: `${names.join('\n')}\n` });
  expect(await acci.json('migrate')).toEqual(names);
  expect(await acci.json('migrate')).toEqual([]);
  expect(await acci.run(['migrate', '--check'])).toMatchObject({ code: 0, stdout: '' });
  expect(await acci.json('tenants', 'list')).toEqual([]);
});

it('has a doctor who ends with 1 when something must be put right', async () => {
  await acci.run(['migrate']);
  const verdicts = await acci.json<DoctorVerdict[]>('doctor');
  expect(verdicts.map(({ check }) => check)).toEqual(expect.arrayContaining(['migrations', 'events.epoch']));
  await db.admin('alter table acci.tenant_directory no force row level security');
  const { code, stdout } = await acci.run(['doctor']);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^failure {2}isolation\.\S+ .*tenant_directory/m);
});

it.each([
  ['a server that does not answer', { DATABASE_URL: 'postgres://acci_app:x@127.0.0.1:1/acci' }, 5],
  ['a wrong variable', { DATABASE_URL: 'mysql://host/db' }, 2],
  ['no database at all', { DATABASE_URL: '', ACCI_DATA_DIR: '/nowhere' }, 3],
])('ends with the right code for %s', async (_name, env, code) => {
  const others = { DATABASE_SYSTEM_URL: '', DATABASE_OWNER_URL: '' };
  expect((await new Acci(db, { ...others, ...env }).run(['tenants', 'list'])).code).toBe(code);
});
