import type { TestDatabase } from '@acci/database/testing';
import { createTenants } from '@acci/tenancy/testing';
import type { UserImportReportLine } from '../../index.js';
import { adapters, AuthServer, createAuthDatabase } from '../../spec-support/auth-app.js';
import { issueKey } from '../../testing.js';

describe.each(adapters)('importing users on %s', (adapter) => {
  let db: TestDatabase;
  let server: AuthServer;
  let key: string;

  beforeAll(async () => {
    db = await createAuthDatabase();
    server = await AuthServer.start(adapter, db);
    const [tenantId] = await createTenants(server.app, 1);
    ({ key } = await issueKey(server.app, { tenantId: tenantId as string, permissions: ['auth.users.*'] }));
  });
  afterAll(async () => {
    await server.app.close();
    await db.close();
  });

  async function importing(body: string, type = 'application/x-ndjson'): Promise<UserImportReportLine[]> {
    const response = await fetch(`http://127.0.0.1:${server.port}/v1/users:import`, {
      method: 'POST',
      body,
      headers: { 'content-type': type, authorization: `Bearer ${key}` },
    });
    expect(response.status).toBe(200);
    return (await response.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as UserImportReportLine);
  }
  const ndjson = (...lines: unknown[]) => lines.map((line) => JSON.stringify(line)).join('\n');
  const list = async (query: string) => (await server.send('GET', `/v1/users?${query}`, key)).body.items;

  it('invites those of a CSV file, as a spreadsheet writes it', async () => {
    const report = await importing(
      '\ufeffemail,givenName,familyName,department,userName\r\nAda@Example.com,Ada,Lovelace,Engines,\r\nalan@example.com,Alan,"Turing, A.",Research,Alan\r\n',
      'text/csv; charset=utf-8',
    );
    expect(report).toEqual([
      { status: 'invited', line: 2, id: expect.any(String), email: 'ada@example.com' },
      { status: 'invited', line: 3, id: expect.any(String), email: 'alan@example.com' },
      { status: 'finished', invited: 2, refused: 0 },
    ]);
    expect(await list('department=Research')).toMatchObject([
      { displayName: 'Alan Turing, A.', userName: 'alan', status: 'invited', version: 1 },
    ]);
  });

  it('does each line whole or refuses it, and says why', async () => {
    await importing(ndjson({ email: 'there@example.com', userName: 'there' }));
    const report = await importing(
      [
        ndjson({ email: 'new@example.com', userName: 'new' }),
        '{"email": "broken',
        '',
        ndjson(
          { email: 'NEW@example.com' },
          { email: 'other@example.com', userName: 'NEW' },
          { email: 'There@example.com' },
          { email: 'another@example.com', userName: 'there' },
          { email: 'no address' },
          { email: 'sly@example.com', status: 'active', roles: ['owner'] },
          ['email'],
          { email: 'last@example.com' },
        ),
      ].join('\n'),
    );
    expect(report.map((line) => ('code' in line ? [line.line, line.code] : line.status))).toEqual([
      'invited',
      [2, 'tenancy.import.line_unreadable'],
      [4, 'auth.import.line_doubled'],
      [5, 'auth.import.line_doubled'],
      [6, 'auth.user.email_taken'],
      [7, 'auth.user.user_name_taken'],
      [8, 'auth.import.line_invalid'],
      [9, 'auth.import.line_invalid'],
      [10, 'auth.import.line_invalid'],
      'invited',
      'finished',
    ]);
    expect(report[6]).toMatchObject({ errors: [{ pointer: '/email', message: expect.any(String) }] });
    expect(await list('search=sly')).toEqual([]);
  });

  it('gives each line its own answer when somebody takes an address meanwhile', async () => {
    const lines = ndjson(
      ...Array.from({ length: 20 }, (_, index) => ({ email: `both${index}@example.com` })),
    );
    const reports = await Promise.all([importing(lines), importing(lines)]);
    const last = reports.map((report) => report.at(-1));
    expect(last.map((line) => line?.status)).toEqual(['finished', 'finished']);
    expect(last.reduce((sum, line) => sum + (line && 'invited' in line ? line.invited : 0), 0)).toBe(20);
    expect(await list('search=both&limit=100')).toHaveLength(20);
  });

  it('takes a thousand', async () => {
    const lines = ndjson(
      ...Array.from({ length: 1_000 }, (_, index) => ({ email: `many${index}@example.com` })),
    );
    expect((await importing(lines)).at(-1)).toEqual({ status: 'finished', invited: 1_000, refused: 0 });
  });
});
