import { LoginApp, password } from '../spec-support/login-app.js';

const better = 'ten pear trees in a row';

describe('POST /v1/me/password', () => {
  let app: LoginApp;

  beforeAll(async () => {
    app = await LoginApp.start();
  });
  beforeEach(() => app.forgive());
  afterAll(() => app.close());

  const changePassword = (token: string, body: object) =>
    app.server.send('POST', '/v1/me/password', token, { current: password, ...body });
  const logIn = (...args: Parameters<LoginApp['logIn']>) => app.logIn(...args);
  const failed = { status: 401, body: { code: 'auth.login.failed' } };

  it('changes the password for who knows it, and ends the other sessions', async () => {
    const { email } = await app.aUser();
    const [here, there] = [(await logIn({ login: email })).body, (await logIn({ login: email })).body];
    expect(await changePassword(here.token, { current: 'not it', password: better })).toMatchObject({
      status: 422,
      body: { code: 'auth.password.wrong' },
    });
    expect(await changePassword(here.token, { password: 'short' })).toMatchObject({
      status: 422,
      body: { code: 'auth.password.refused', reason: 'too_short' },
    });
    expect((await app.me(there.token)).status).toBe(200);
    const answer = await changePassword(here.token, { password: better });
    expect(answer).toMatchObject({ status: 200, body: { token: expect.any(String), csrfToken: null } });
    expect(await app.me(answer.body.token)).toMatchObject({ status: 200 });
    expect((await app.me(here.token)).status).toBe(401);
    expect((await app.me(there.token)).status).toBe(401);
    expect(await logIn({ login: email })).toMatchObject(failed);
    expect(await logIn({ login: email, password: better })).toMatchObject({ status: 200 });
  });

  it('gives a browser that changes the password another cookie', async () => {
    const { email } = await app.aUser();
    const { headers, body } = await logIn({ login: email, as: 'cookie' });
    const cookie =
      headers
        .getSetCookie()
        .find((each) => each.includes('session'))
        ?.split(';')[0] ?? '';
    const change = { current: password, password: better };
    const send = (more: object) =>
      app.server.send('POST', '/v1/me/password', undefined, change, { cookie, ...more });
    expect(await send({})).toMatchObject({ status: 403, body: { code: 'auth.csrf.refused' } });
    const answer = await send({ 'x-csrf-token': body.csrfToken });
    expect(answer).toMatchObject({ status: 200, body: { token: null, csrfToken: expect.any(String) } });
    expect(answer.body.csrfToken).not.toBe(body.csrfToken);
    const [renewed = ''] = (answer.headers.getSetCookie()[0] ?? '').split(';');
    expect(renewed).not.toBe(cookie);
    expect((await app.server.send('GET', '/v1/me', undefined, undefined, { cookie: renewed })).status).toBe(
      200,
    );
    expect((await app.server.send('GET', '/v1/me', undefined, undefined, { cookie })).status).toBe(401);
  });

  it('lets nobody guess the old password in an open session', async () => {
    const { email } = await app.aUser();
    const { token } = (await logIn({ login: email })).body;
    const guess = () => changePassword(token, { current: 'not it', password: better });
    const answers = await Promise.all(Array.from({ length: 10 }, guess));
    const guessed = answers.filter(({ status }) => status === 422).length;
    expect(guessed).toBeGreaterThanOrEqual(5);
    expect(guessed).toBeLessThan(8);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(10 - guessed);
  });

  it('waits for nothing that others typed at the door', async () => {
    const { id, email } = await app.aUser();
    const { token } = (await logIn({ login: email })).body;
    for (let attempt = 0; attempt < 5; attempt += 1) await logIn({ login: `change of ${id}` });
    await app.prolong();
    expect(await changePassword(token, { password: better })).toMatchObject({ status: 200 });
  });
});
