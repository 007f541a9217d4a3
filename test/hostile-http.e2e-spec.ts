import { connect } from 'node:net';
import { uuidv7 } from '@acci/database';
import { ApiUnderTest } from './setup/api-under-test.js';

let api: ApiUnderTest;

beforeAll(async () => {
  api = await ApiUnderTest.start();
});
afterAll(() => api.close());

/** Sends bytes that no client would send, and returns everything that comes back. */
function sendRaw(text: string): Promise<string> {
  const { hostname, port } = new URL(api.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(text));
    let answer = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => (answer += chunk));
    // A server that refuses what it has not read to the end may reset the connection after its answer.
    socket.on('error', (error) => (answer === '' ? reject(error) : undefined));
    socket.on('close', () => resolve(answer));
  });
}

const statuses = (answer: string) =>
  [...answer.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => status);

// What a proxy before us takes for a body, and we would take for another request.
const hidden =
  'GET /v1/permissions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer $KEY\r\nConnection: close\r\n\r\n';

it.each([
  ['a length and chunks', ['Content-Length: $LENGTH', 'Transfer-Encoding: chunked'], `0\r\n\r\n${hidden}`],
  ['two lengths', ['Content-Length: 2', 'Content-Length: $LENGTH'], `{}${hidden}`],
  ['two lengths in one', ['Content-Length: 2, $LENGTH'], `{}${hidden}`],
  ['a length that is none', ['Content-Length: +2'], `{}${hidden}`],
  ['an encoding that hides chunks', ['Transfer-Encoding: xchunked'], `0\r\n\r\n${hidden}`],
  ['chunks named twice', ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], `0\r\n\r\n${hidden}`],
  ['a space before the colon', ['Transfer-Encoding : chunked'], `0\r\n\r\n${hidden}`],
  ['a bare line feed', ['X-A: b\nTransfer-Encoding: chunked'], `0\r\n\r\n${hidden}`],
])('refuses a request with %s', async (_what, lines, body) => {
  const sent = body.replace('$KEY', api.operatorKey);
  const head = [
    'POST /v1/auth/set-up:confirm HTTP/1.1',
    'Host: a',
    'Content-Type: application/json',
    ...lines.map((line) => line.replace('$LENGTH', String(sent.length))),
  ];
  const answer = await sendRaw(`${head.join('\r\n')}\r\n\r\n${sent}`);
  expect(statuses(answer)).toEqual(['400']);
  expect(answer).not.toContain('tenancy.tenants');
});

it('knows no TRACE', async () => {
  const answer = await sendRaw(
    'TRACE /v1/permissions HTTP/1.1\r\nHost: a\r\nX-Secret: told\r\nConnection: close\r\n\r\n',
  );
  expect(statuses(answer)[0]).toMatch(/^(400|404|405)$/);
  expect(answer).not.toContain('told');
});

it.each([
  '/v1/tenants?limit=1&limit=2',
  '/v1/tenants?status=active&status=suspended',
  '/v1/users?search=a&search=b',
  `/v1/groups?userId=${'0'.repeat(36)}&userId=x`,
])('takes no parameter twice: %s', async (path) => {
  const answer = await api.fetch(path);
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ code: 'request.invalid' });
});

async function tenantNamed(name: string): Promise<{ id: string; name: string }> {
  const made = await api.fetch('/v1/tenants', {
    method: 'POST',
    body: JSON.stringify({ slug: `t-${uuidv7()}`, name }),
  });
  const { id } = (await made.json()) as { id: string };
  return (await (await api.fetch(`/v1/tenants/${id}`)).json()) as { id: string; name: string };
}

it('decodes what is in a URL once', async () => {
  const { id } = await tenantNamed('Twice%41Encoded');
  const found = async (search: string) => {
    const { items } = (await (await api.fetch(`/v1/tenants?search=${search}`)).json()) as {
      items: { id: string }[];
    };
    return items.map((item) => item.id);
  };
  expect(await found('Twice%2541Encoded')).toEqual([id]);
  expect(await found('Twice%41Encoded')).toEqual([]);
});

it.each(['"},{"id":"x', '</script><script>', 'a\u2028b\u2029c', 'a\\b', '${7*7}{{7*7}}', '%s%d%n%j%%'])(
  'gives %j back as it came, in JSON that means the same',
  async (name) => {
    expect((await tenantNamed(name)).name).toBe(name);
  },
);
