import { redactor, redactText } from './redact.js';

describe('redaction by key', () => {
  const redact = redactor(['matriculation-number']);

  it.each([
    'authorization',
    'Cookie',
    'set-cookie',
    'password',
    'newPassword',
    'accessToken',
    'client_secret',
    'X-API-Key',
    'email',
    'phoneNumber',
    'body',
    'matriculationNumber',
  ])('takes out %s at any depth', (key) => {
    const fields = { [key]: 'x', a: { [key]: 'x', b: [{ [key]: { deep: 'x' } }] } };
    const censored = '[redacted]';
    expect(redact(fields)).toEqual({ [key]: censored, a: { [key]: censored, b: [{ [key]: censored }] } });
  });

  it('leaves the rest as it is, and the object it was given too', () => {
    const when = new Date(0);
    const fields = { count: 3, name: 'tenants', when, nothing: null, password: 'x' };
    expect(redact(fields)).toEqual({
      count: 3,
      name: 'tenants',
      when,
      nothing: null,
      password: '[redacted]',
    });
    expect(fields.password).toBe('x');
  });

  it('reduces an error to what is known to be harmless', () => {
    const cause = Object.assign(new Error('inner'), {
      detail: 'Key (email)=(ada@example.org)',
      code: '23505',
    });
    const error = Object.assign(new TypeError('outer', { cause }), {
      parameters: ['secret'],
      query: 'select',
    });
    expect(redact({ err: error })).toEqual({
      err: {
        type: 'TypeError',
        message: 'outer',
        stack: error.stack,
        cause: { type: 'Error', message: 'inner', stack: cause.stack, code: '23505' },
      },
    });
  });

  it('looks into what an object says of itself', () => {
    const account = { toJSON: () => ({ name: 'ada', password: 'hunter2' }) };
    expect(redact({ account })).toEqual({ account: { name: 'ada', password: '[redacted]' } });
  });

  it('stops in a graph that never ends', () => {
    const node: Record<string, unknown> = {};
    node['next'] = node;
    expect(JSON.stringify(redact({ node }))).toContain('[deep]');
  });
});

describe('redaction in text', () => {
  it.each([
    ['refused Bearer acci_0123456789abcdef, sorry', 'refused Bearer [redacted], sorry'],
    [
      'connect postgres://acci_app:hunter2@db.internal:5432/acci',
      'connect postgres://[redacted]@db.internal:5432/acci',
    ],
    ['no user ada.lovelace@example.org here', 'no user [redacted] here'],
    [
      'at /srv/node_modules/.pnpm/pino@10.4.0/lib/a.js:1:2',
      'at /srv/node_modules/.pnpm/pino@10.4.0/lib/a.js:1:2',
    ],
    [
      'no key acci_030TsCwCIrMRYcHxmUbaEc_000000002dwHTRTFRxWLTM_ThisIsAnExampleAndOpensNothingAtAllAnywhere_000000!',
      'no key acci_030TsCwCIrMRYcHxmUbaEc_[redacted]!',
    ],
  ])('turns %j into %j', (text, expected) => {
    expect(redactText(text)).toBe(expected);
  });
});

it('reads a long line once: whoever gets one logged must not stop the process', () => {
  const before = performance.now();
  for (const piece of ['a', 'a.', 'a@', 'a://', 'Bearer ', 'acci_']) redactText(piece.repeat(50_000));
  // By itself it takes some milliseconds; read for each character anew, the lines would take minutes.
  expect(performance.now() - before).toBeLessThan(20_000);
});
