import { once } from 'node:events';
import { connect } from 'node:net';
import type { TestDatabase } from '@acci/database/testing';
import { createTenants } from '@acci/tenancy/testing';
import type { UserImportReportLine } from '../../index.js';
import { adapters, AuthServer, createAuthDatabase } from '../../spec-support/auth-app.js';
import { eventually } from '../../spec-support/eventually.js';
import { issueKey } from '../../testing.js';

describe.each(adapters)('an import of users that goes wrong on %s', (adapter) => {
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

  async function importing(body: string | Buffer, type = 'text/csv'): Promise<UserImportReportLine[]> {
    const response = await fetch(`http://127.0.0.1:${server.port}/v1/users:import`, {
      method: 'POST',
      body,
      headers: { 'content-type': type, authorization: `Bearer ${key}` },
    });
    expect(response.headers.get('content-type')).toContain('application/x-ndjson');
    return (await response.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as UserImportReportLine);
  }
  const outcomes = (report: UserImportReportLine[]) =>
    report.map((line) => ('code' in line ? line.code : line.status));
  const users = async (like: string) =>
    (
      await db.admin<{ n: number }>('select count(*)::int as n from acci.users where email like $1', [like])
    )[0]?.n;

  it('takes a file as a program of Windows writes it, and none whose letters it cannot read', async () => {
    const lines = '{"email":"bom@example.com"}\r\n{"email":"crlf@example.com"}\r\n';
    expect(outcomes(await importing(`\ufeff${lines}`, 'application/x-ndjson'))).toEqual([
      'invited',
      'invited',
      'finished',
    ]);
    const latin1 = Buffer.from('email,displayName\njosé@x.example,x\nlatin@example.com,José\n', 'latin1');
    expect(outcomes(await importing(latin1))).toEqual([
      'auth.import.line_invalid',
      'auth.import.line_invalid',
      'finished',
    ]);
  });

  it('takes quotes, commas and line ends inside them as what they are, and shows no cell in its report', async () => {
    const report = await importing(
      'email,displayName\r\nquotes@example.com,"Smith, ""Jo"""\r\nlines@example.com,"two\r\nlines"\r\n' +
        'formula@example.com,"=HYPERLINK(""http://evil.example"")"\r\n',
    );
    expect(outcomes(report)).toEqual(['invited', 'auth.import.line_invalid', 'invited', 'finished']);
    expect(JSON.stringify(report)).not.toMatch(/HYPERLINK|Smith|two/);
  });

  it('reads on after lines that are too long, and holds none of them', async () => {
    const long = `{"email":"${'x'.repeat(8 * 1024 * 1024)}"}`;
    const report = await importing(
      `${long}\n{"email":"after-${adapter}@example.com"}\n`,
      'application/x-ndjson',
    );
    expect(outcomes(report)).toEqual(['tenancy.import.line_too_long', 'invited', 'finished']);
  });

  it('ends at a quote that is never closed, without an error of its own', async () => {
    const report = await importing(
      `email,displayName\nopen-${adapter}@example.com,"never\n${'x,y\n'.repeat(50)}`,
    );
    expect(outcomes(report).every((outcome) => outcome !== 'invited')).toBe(true);
    expect(['finished', 'failed']).toContain(report.at(-1)?.status);
  });

  it('does of half a file what it reported, and all of it when it is sent again', async () => {
    const people = Array.from({ length: 450 }, (_, index) => `{"email":"half${index}@${adapter}.example"}\n`);
    const whole = people.join('');
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(
      `POST /v1/users:import HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${key}\r\n` +
        `Content-Type: application/x-ndjson\r\nContent-Length: ${whole.length}\r\n\r\n${whole.slice(0, whole.length / 2 + 9)}`,
    );
    // The first 200 are one transaction; the line that was cut off is in none.
    await eventually(() => users(`half%@${adapter}.example`), 200);
    socket.destroy();
    const again = await importing(whole, 'application/x-ndjson');
    expect(again.at(-1)).toEqual({ status: 'finished', invited: 250, refused: 200 });
    expect(new Set(outcomes(again))).toEqual(new Set(['auth.user.email_taken', 'invited', 'finished']));
    expect(await users(`half%@${adapter}.example`)).toBe(450);
  });

  it('goes on, or says that it could not, when the database loses its connections in the middle', async () => {
    const whole = Array.from(
      { length: 500 },
      (_, index) => `{"email":"kill${index}@${adapter}.example"}\n`,
    ).join('');
    const running = importing(whole, 'application/x-ndjson');
    await eventually(async () => ((await users(`kill%@${adapter}.example`)) ?? 0) > 0, true);
    await db.admin(`select pg_terminate_backend(pid) from pg_stat_activity where usename like 'acci\\_%'
                      and datname = current_database() and pid <> pg_backend_pid()`);
    const report = await running;
    expect(['finished', 'failed']).toContain(report.at(-1)?.status);
    const invited = report.filter(({ status }) => status === 'invited').length;
    expect(await users(`kill%@${adapter}.example`)).toBeGreaterThanOrEqual(invited);
    expect((await importing(whole, 'application/x-ndjson')).at(-1)).toMatchObject({ status: 'finished' });
    expect(await users(`kill%@${adapter}.example`)).toBe(500);
  });
});
