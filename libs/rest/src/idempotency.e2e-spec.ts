import { ADAPTERS, Sample } from './spec-support/sample-app.js';
import { readProblem } from './testing.js';

describe.each(ADAPTERS)('Idempotency-Key on %s', (adapter) => {
  let sample: Sample;
  const create = (key: string, body: unknown = { name: 'lamp' }, actor = 'alice') =>
    sample.send('POST', '/v1/things', body, { 'Idempotency-Key': key, Authorization: `Bearer ${actor}` });

  beforeAll(async () => {
    sample = await Sample.start(adapter);
  });
  afterAll(() => sample.app.close());

  it('gives the first answer again', async () => {
    const first = await create('again');
    const second = await create('again');
    expect(first.status).toBe(201);
    expect(second.status).toBe(201);
    expect(await second.text()).toBe(await first.text());
    for (const name of ['location', 'etag', 'event-position', 'content-type']) {
      expect([name, second.headers.get(name)]).toEqual([name, first.headers.get(name)]);
    }
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(second.headers.get('idempotency-replayed')).toBe('true');
  });

  it('executes one of fifty at once', async () => {
    const { journal } = sample;
    const before = journal.created;
    const { promise, resolve } = Promise.withResolvers<void>();
    journal.gate = promise;
    let refused = 0;
    const responses = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const response = await create('fifty');
        // The one that works may finish when all others have their answer.
        if (response.status === 409 && (refused += 1) === 49) resolve();
        return response;
      }),
    );
    expect(journal.created).toBe(before + 1);
    const statuses = responses.map((response) => response.status).sort((a, b) => a - b);
    expect(statuses).toEqual([201, ...Array.from({ length: 49 }, () => 409)]);
    for (const response of responses.filter(({ status }) => status === 409)) {
      expect(response.headers.get('retry-after')).toBe('1');
      expect((await readProblem(response)).code).toBe('request.idempotency.in_flight');
    }
    expect((await create('fifty')).status).toBe(201);
    expect(journal.created).toBe(before + 1);
  });

  it('refuses the key for another body, or from another actor', async () => {
    await create('other');
    for (const response of [
      await create('other', { name: 'desk' }),
      await create('other', undefined, 'bob'),
    ]) {
      expect(await readProblem(response)).toMatchObject({
        status: 422,
        code: 'request.idempotency.key_reused',
      });
    }
  });

  it('remembers a refusal', async () => {
    const first = await readProblem(await create('refused', { name: 'taken' }));
    const again = await create('refused', { name: 'taken' });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(await readProblem(again)).toEqual(first);
    expect(first).toMatchObject({ status: 409, code: 'sample.thing.exists' });
  });

  it('frees the key of a failure', async () => {
    const before = sample.journal.created;
    expect((await create('broken', { name: 'broken' })).status).toBe(500);
    expect((await create('broken', { name: 'broken' })).status).toBe(500);
    expect(sample.journal.created).toBe(before + 2);
  });

  it('never keeps what is shown once', async () => {
    const issue = () =>
      sample
        .send('POST', '/v1/things/1/secret', {}, { 'Idempotency-Key': 'secret' })
        .then((answer) => answer.json());
    expect(await issue()).toEqual({ id: '1', key: 'hunter2' });
    expect(await issue()).toEqual({ id: '1', key: null });
  });

  it('keeps nothing at all of a route that says so, not even what it would compare by', async () => {
    const set = async () => {
      const answer = await sample.send('POST', '/v1/things/1/password', {}, { 'Idempotency-Key': 'never' });
      return [answer.headers.has('idempotency-replayed'), ((await answer.json()) as { times: number }).times];
    };
    expect(await set()).toEqual([false, 1]);
    expect(await set()).toEqual([false, 2]);
    // The key was not used up either.
    expect((await create('never')).status).toBe(201);
  });

  it('refuses a body nested too deeply to compare', async () => {
    const body = `{"name":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
    const response = await sample.send('POST', '/v1/things', body, { 'Idempotency-Key': 'deep' });
    expect(await readProblem(response)).toMatchObject({ status: 400 });
  });

  it('refuses a key that is none', async () => {
    for (const key of ['a b', 'a'.repeat(256), '"open']) {
      expect(await readProblem(await create(key))).toMatchObject({
        status: 400,
        code: 'request.idempotency.key_invalid',
      });
    }
    expect((await create('"quoted"')).status).toBe(201);
  });
});
