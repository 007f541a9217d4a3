import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { uuidv7 } from '@acci/database';
import { Client } from 'pg';
import { ApiUnderTest } from '../setup/api-under-test.js';

const docker = join(import.meta.dirname, '../../docker');

let api: ApiUnderTest;
/** A transaction that another program has left open since before the tests. */
let forgotten: Client;
beforeAll(async () => {
  api = await ApiUnderTest.start();
  forgotten = new Client({ connectionString: api.db.urls.admin, application_name: 'night-job' });
  await forgotten.connect();
  await forgotten.query('begin');
  await forgotten.query('select pg_current_xact_id()');
  const tenant = { slug: `t-${uuidv7()}`, name: 'Held back' };
  await api.fetch('/v1/tenants', { method: 'POST', body: JSON.stringify(tenant) });
});
afterAll(async () => {
  await forgotten?.end();
  await api?.close();
});

const metrics = async () => (await api.fetch('/metrics')).text();

/** The metrics of ours that a text of PromQL asks for. */
const asked = (text: string) =>
  [...text.matchAll(/\bacci_\w+/g)].map(([name]) => name.replace(/_(bucket|count|sum)$/, ''));

it('every metric that a rule or a panel asks for is there: neither can watch something that was renamed', async () => {
  const boards = join(docker, 'grafana/dashboards');
  const panels = await Promise.all(
    (await readdir(boards)).map(async (file) => {
      const { panels: all } = JSON.parse(await readFile(join(boards, file), 'utf8')) as {
        panels: { targets: { expr: string }[] }[];
      };
      return all.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    }),
  );
  const rules = await readFile(join(docker, 'prometheus/alerts.yml'), 'utf8');
  const known = new Set([...(await metrics()).matchAll(/^# TYPE (\w+) /gm)].map(([, name]) => name));
  const missing = [rules, ...panels.flat()].flatMap(asked).filter((name) => !known.has(name));
  expect(missing).toEqual([]);
  expect(known).toContain('acci_projection_lag_seconds');
});

it('metrics and health name who holds the horizon, with pid and age', async () => {
  const pid = Number((await forgotten.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]?.pid);
  const holder = new RegExp(
    `^acci_horizon_holder_seconds\\{.*pid="${pid}".*application="night-job".*\\} (.+)$`,
    'm',
  );
  let found = holder.exec(await metrics());
  for (; !found; found = holder.exec(await metrics())) await sleep(250);
  expect(Number(found[1])).toBeGreaterThanOrEqual(5);

  const ready = await api.fetch('/health/ready');
  expect(ready.status).toBe(200);
  const { details } = (await ready.json()) as { details: Record<string, unknown> };
  expect(details['horizon']).toMatchObject({
    status: 'up',
    events: 1,
    holders: [{ kind: 'transaction', holds: 'log', pid, ageSeconds: expect.any(Number) as number }],
  });

  await forgotten.query('rollback');
  expect(await metrics()).not.toContain('night-job');
  expect(await metrics()).toMatch(/^acci_horizon_events 0$/m);
});

it('logins are counted by how they ended, and say nothing about who it was', async () => {
  const counted = async () =>
    Object.fromEntries(
      [...(await metrics()).matchAll(/^acci_logins_total\{(.*)\} (\d+)$/gm)].map(([, labels = '', count]) => [
        labels,
        Number(count),
      ]),
    );
  const before = await counted();
  const body = JSON.stringify({ tenant: 'nowhere', login: 'ada', password: 'nine plum trees in a row' });
  expect((await api.fetch('/v1/auth/login', { method: 'POST', body })).status).toBe(401);
  expect(await counted()).toEqual({ ...before, 'outcome="failed"': (before['outcome="failed"'] ?? 0) + 1 });
});
