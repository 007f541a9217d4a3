import { Client } from 'pg';
import { databaseMigrations } from '../migrations/index.js';
import { TestDatabase } from '../testing/test-database.js';
import { diagnose, type DoctorOptions, formatVerdicts } from './doctor.js';
import type { DoctorVerdict } from './doctor-check.js';

describe('The doctor', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await TestDatabase.create({ migrations: databaseMigrations });
  });
  afterAll(() => db.close());

  const visit = (options: Partial<DoctorOptions> = {}): Promise<DoctorVerdict[]> =>
    diagnose({ urls: db.urls, migrations: databaseMigrations, ...options });
  const verdictOf = (verdicts: readonly DoctorVerdict[], check: string): DoctorVerdict | undefined =>
    verdicts.find((verdict) => verdict.check === check);

  it('finds a sound database well, and says so check by check', async () => {
    const verdicts = await visit();
    // Of the server itself: a test server may be an older one, lose commits in a crash, and serve other tests meanwhile.
    const ours = verdicts.filter(({ check }) => !/^(server|horizon)\./.test(check));
    expect(ours.filter(({ verdict }) => verdict !== 'ok')).toEqual([]);
    expect(verdictOf(verdicts, 'server.version')?.detail).toMatch(/^PostgreSQL \d\d/);
    expect(verdictOf(verdicts, 'server.clock')?.verdict).toBe('ok');
    expect(verdictOf(verdicts, 'login.app')?.detail).toBe('logs in as acci_app');
    expect(verdictOf(verdicts, 'timeouts.system')?.detail).toContain('statement_timeout 30s');
    expect(verdictOf(verdicts, 'isolation.table.policy')?.verdict).toBe('ok');
    expect(JSON.stringify(verdicts)).not.toContain(new URL(db.urls.app).password);
  });

  it('names offenders of the isolation gate', async () => {
    await db.admin('create table public.stray (id int)');
    const verdict = verdictOf(await visit(), 'isolation.table.undeclared');
    expect(verdict).toMatchObject({ verdict: 'failure', detail: expect.stringContaining('public.stray') });
    await db.admin('drop table public.stray');
  });

  it('names migrations that have not run', async () => {
    class AddSomething1799000000001 {
      up = () => Promise.resolve();
      down = () => Promise.resolve();
    }
    const verdicts = await visit({ migrations: [...databaseMigrations, AddSomething1799000000001] });
    expect(verdictOf(verdicts, 'migrations')).toMatchObject({
      verdict: 'failure',
      detail: 'have not run: AddSomething1799000000001',
    });
  });

  it('warns of a login that could take a stronger role', async () => {
    const { admin, owner } = db.urls;
    const verdicts = await visit({ urls: { app: admin, system: admin, owner } });
    expect(verdictOf(verdicts, 'login.app')).toMatchObject({
      verdict: 'warning',
      detail: expect.stringContaining(
        'who takes acci_app in each transaction and could take a stronger role',
      ),
    });
  });

  it('names transactions that have been open for long, and looks for whatever else holds the horizon back', async () => {
    const client = new Client({ connectionString: db.urls.app });
    await client.connect();
    await client.query('begin');
    const verdicts = await visit({ patience: 0 });
    expect(verdictOf(verdicts, 'horizon.transactions')).toMatchObject({
      verdict: 'warning',
      detail: expect.stringMatching(/open for long: .*\d+ of acci_app for 0 s/),
    });
    await client.end();
    expect(verdictOf(verdicts, 'horizon.snapshot')?.detail).toMatch(/^\d+ transactions since/);
    expect(verdictOf(verdicts, 'horizon.prepared')?.detail).toBe('none left');
    expect(verdictOf(verdicts, 'horizon.slots')?.detail).toBe('none abandoned');
  });

  it('judges time-outs as the application sets them', async () => {
    const verdicts = await visit({ pool: { statementTimeoutMs: 0 } });
    expect(verdictOf(verdicts, 'timeouts.app')).toMatchObject({
      verdict: 'failure',
      detail: expect.stringContaining('statement_timeout 0'),
    });
  });

  it('says which login fails, and why, without its password', async () => {
    const verdicts = await visit({ urls: { ...db.urls, app: db.urls.app.replace(/:[^:@]+@/, ':guess@') } });
    expect(verdicts.map(({ check, verdict }) => [check, verdict])).toEqual([
      ['connection.app', 'failure'],
      ['connection.system', 'ok'],
      ['connection.owner', 'ok'],
    ]);
    expect(verdicts[0]?.detail).toMatch(
      /^acci_app at 127\.0\.0\.1:\d+\/acci_test_\w+: password authentication failed/,
    );
    const unreachable = await visit({ urls: { ...db.urls, owner: 'postgres://nobody@127.0.0.1:1/none' } });
    expect(verdictOf(unreachable, 'connection.owner')).toMatchObject({
      verdict: 'failure',
      detail: expect.stringContaining('ECONNREFUSED'),
    });
    expect(unreachable.length).toBeGreaterThan(20);
  });

  it('runs checks of others, and takes what they throw for a failure', async () => {
    const verdicts = await visit({
      extra: [
        { name: 'shop.open', run: () => Promise.resolve({ verdict: 'ok', detail: 'it is' }) },
        { name: 'shop.stock', run: () => Promise.reject(new Error('nobody knows')) },
      ],
    });
    expect(verdicts.slice(-2)).toEqual([
      { check: 'shop.open', verdict: 'ok', detail: 'it is' },
      { check: 'shop.stock', verdict: 'failure', detail: 'nobody knows' },
    ]);
    expect(formatVerdicts(verdicts.slice(-2))).toBe(
      'ok       shop.open   it is\nfailure  shop.stock  nobody knows',
    );
  });
});
