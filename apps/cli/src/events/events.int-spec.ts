import { promises as fs } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterMigrate, migrations } from '@acci/api';
import { uuidv7 } from '@acci/database';
import { TestDatabase } from '@acci/database/testing';
import { Acci } from '../spec-support/acci.js';

interface Event {
  readonly position: string;
  readonly type: string;
  readonly streamId: string;
}

let db: TestDatabase;
let acci: Acci;
let folder: string;
let ids: string[];

beforeAll(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), 'acci-cli-'));
  db = await TestDatabase.create({ migrations, afterMigrate });
  acci = new Acci(db);
  const tenants = ['one', 'two', 'three'].map((slug) => JSON.stringify({ slug, name: slug }));
  const { stdout } = await acci.run(['tenants', 'import', '-', '--json'], tenants.join('\n'));
  ids = linesOf<{ id: string }>(stdout).flatMap(({ id }) => id ?? []);
  await acci.run(['tenants', 'suspend', 'two', '--reason', 'A test']);
});
afterAll(async () => {
  await db.close();
  await fs.rm(folder, { recursive: true });
});

const linesOf = <T>(text: string): T[] =>
  text.split('\n').flatMap((line) => (line ? [JSON.parse(line) as T] : []));

async function events(...args: string[]): Promise<Event[]> {
  const { code, stdout, stderr } = await acci.run(['events', ...args, '--json']);
  if (code !== 0) throw new Error(stderr);
  return linesOf<Event>(stdout);
}

it('shows the last events, those after a position, and those of some types', async () => {
  const all = await events('tail', '--no-follow');
  expect(all.map(({ type, streamId }) => [type, streamId])).toEqual([
    ...ids.map((id) => ['tenancy.tenant.created', id]),
    ['tenancy.tenant.suspended', ids[1]],
  ]);
  expect(await events('tail', '--no-follow', '-n', '2')).toEqual(all.slice(2));
  expect(await events('tail', '--no-follow', '-n', '0')).toEqual([]);
  expect(await events('tail', '--no-follow', '--from', all[0]?.position ?? '')).toEqual(all.slice(1));
  const created = ['--types', 'tenancy.tenant.created'];
  expect(await events('tail', '--no-follow', '-n', '1', ...created)).toEqual([all[2]]);
  expect(await events('tail', '--no-follow', '--tenant', 'one')).toEqual([]);
  expect(await events('tail', '--no-follow', '--tenant', 'platform', '--raw')).toHaveLength(4);
});

it('shows one event, or a stream', async () => {
  const [first] = await events('tail', '--no-follow');
  expect(await events('show', first?.position ?? '')).toEqual([first]);
  const stream = await events('show', 'tenancy.tenant', ids[1] ?? '', '--tenant', 'platform');
  expect(stream.map(({ type }) => type)).toEqual(['tenancy.tenant.created', 'tenancy.tenant.suspended']);
  const { stdout } = await acci.run(['events', 'show', first?.position ?? '']);
  expect(stdout).toContain('"slug": "one"');
});

it('hands events out again, and goes on where it was', async () => {
  const all = await events('tail', '--no-follow');
  const bookmark = join(folder, 'bookmark');
  const replay = ['replay', '--bookmark', bookmark];
  expect(await events(...replay, '--to', all[1]?.position ?? '')).toEqual(all.slice(0, 2));
  expect((await fs.readFile(bookmark, 'utf8')).trim()).toBe(all[1]?.position);
  expect(await events(...replay)).toEqual(all.slice(2));
  expect(await events(...replay)).toEqual([]);
  const stream = ['--tenant', 'platform', '--stream', `tenancy.tenant/${ids[1]}`];
  expect(await events('replay', ...stream)).toEqual([all[1], all[3]]);
});

it('moves a tenant’s events', async () => {
  const target = join(folder, 'one.ndjson');
  const forgotten = await acci.run(['subjects', 'forget', 'customer-42', '--tenant', 'one', '--yes']);
  expect(forgotten.code).toBe(0);
  const exported = await acci.run(['events', 'export', '--tenant', 'one', '--output', target]);
  expect(exported).toMatchObject({ code: 0, stdout: '', stderr: `1 events in ${target}\n` });
  expect((await fs.stat(target)).mode & 0o777).toBe(0o600);
  expect((await acci.run(['events', 'export', '--tenant', 'one', '--output', target])).code).toBe(2);
  const piped = await acci.run(['events', 'export', '--tenant', 'one']);
  expect(linesOf(piped.stdout)).toMatchObject([{ kind: 'header' }, { kind: 'event' }, { kind: 'manifest' }]);

  const receipt = await acci.json<object>('events', 'import', target, '--tenant', 'three');
  expect(receipt).toMatchObject({ events: 1, sourceTenantId: ids[0], personalData: 'replaced' });
  expect(await events('tail', '--no-follow', '--tenant', 'three')).toMatchObject([
    { type: 'acci.subject.forgotten' },
  ]);
  const again = await acci.run(['events', 'import', '-', '--tenant', 'three'], piped.stdout);
  expect(again).toMatchObject({ code: 4, stderr: expect.stringContaining('tenant_not_empty') as string });
  const cut = await acci.run(['events', 'import', '-', '--tenant', 'two'], piped.stdout.slice(0, 300));
  expect(cut).toMatchObject({ code: 4, stderr: expect.stringContaining('event_store.transfer.') as string });
});

it.each([
  ['a position where nothing is', ['show', '1.1.1'], 3],
  ['a stream that is not there', ['show', 'tenancy.tenant', uuidv7(), '--tenant', 'platform'], 3],
  ['a stream without its tenant', ['show', 'tenancy.tenant', uuidv7()], 2],
  ['what is no position', ['show', 'first'], 2],
  ['a tenant that is not there', ['export', '--tenant', uuidv7()], 3],
  ['a rate of nothing', ['replay', '--rate', '0'], 2],
])('refuses %s', async (_name, args, code) => {
  expect(await acci.run(['events', ...args])).toMatchObject({ code, stdout: '' });
});
