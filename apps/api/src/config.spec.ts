import { readFile } from 'node:fs/promises';
import { environmentSchema, InvalidConfiguration, readConfig } from './config.js';

const masterKey = Buffer.alloc(32, 'key').toString('base64');

describe('readConfig', () => {
  it('needs nothing in development', () => {
    expect(readConfig({})).toMatchObject({
      PORT: 3000,
      HOST: '127.0.0.1',
      ACCI_WORKER: true,
      LOG_PRETTY: true,
    });
  });

  it('takes an empty variable as absent', () => {
    const config = readConfig({ PORT: '', DATABASE_URL: '' });
    expect(config.PORT).toBe(3000);
    expect(config.DATABASE_URL).toBeUndefined();
  });

  it('names every variable that is wrong, and repeats no value', () => {
    const read = () => readConfig({ PORT: 'http', DATABASE_URL: 'mysql://me:s3cret@host/db' });
    expect(read).toThrow(InvalidConfiguration);
    expect(read).toThrow(/PORT: [^]*DATABASE_URL: must be a postgres:\/\/ URL/);
    expect(read).not.toThrow(/s3cret/);
  });

  it.each(['localhost:3000', 'app.example.com', 'ftp://app.example.com'])(
    'takes %s for no URL that links could lead to',
    (url) => {
      const read = () => readConfig({ ACCI_PUBLIC_URL: url, ACCI_FRONT_END_URL: url });
      expect(read).toThrow(/ACCI_FRONT_END_URL: must be an http[^]*ACCI_PUBLIC_URL: must be an http/);
    },
  );

  it('refuses production without a database, unless the embedded one is asked for', () => {
    const production = { NODE_ENV: 'production', ACCI_MASTER_KEY: masterKey };
    expect(() => readConfig(production)).toThrow(/DATABASE_URL is not set/);
    expect(readConfig({ ...production, ACCI_EMBEDDED: '1' })).toMatchObject({ HOST: '0.0.0.0' });
    expect(readConfig({ ...production, DATABASE_URL: 'postgres://u:p@h/d' })).toMatchObject({
      LOG_PRETTY: false,
    });
  });

  it('refuses production without a master key, and one that is none, without a word of it', () => {
    const production = { NODE_ENV: 'production', DATABASE_URL: 'postgres://u:p@h/d' };
    expect(() => readConfig(production)).toThrow(/ACCI_MASTER_KEY is not set/);
    expect(readConfig({ ACCI_MASTER_KEY: `${masterKey}, ${masterKey}` })).toBeDefined();
    for (const wrong of ['s3cret', `${masterKey},s3cret`]) {
      const read = () => readConfig({ ...production, ACCI_MASTER_KEY: wrong });
      expect(read).toThrow(/ACCI_MASTER_KEY: must be 32 bytes as base64/);
      expect(read).not.toThrow(/s3cret/);
    }
  });

  it('refuses two databases at once', () => {
    expect(() => readConfig({ DATABASE_URL: 'postgres://u:p@h/d', ACCI_EMBEDDED: '1' })).toThrow(
      /only be one/,
    );
  });

  it('reads the headers for a collector as OpenTelemetry writes them, and repeats none', () => {
    expect(readConfig({ OTEL_EXPORTER_OTLP_HEADERS: 'x-api-key=a%20b+c=,x-team=ops' })).toMatchObject({
      OTEL_EXPORTER_OTLP_HEADERS: { 'x-api-key': 'a b+c=', 'x-team': 'ops' },
    });
    expect(() => readConfig({ OTEL_EXPORTER_OTLP_HEADERS: 's3cret' })).toThrow(
      'The environment is not a valid configuration:\n  OTEL_EXPORTER_OTLP_HEADERS: must be name=value pairs',
    );
  });

  it('refuses to mail from nobody, or with links to nowhere, in production', () => {
    const production = {
      NODE_ENV: 'production',
      DATABASE_URL: 'postgres://u:p@h/d',
      ACCI_MASTER_KEY: masterKey,
      ACCI_SMTP_URL: 'smtps://u:s3cret@mail.example.com',
    };
    const from = { ACCI_MAIL_FROM: 'ACCI <acci@example.com>' };
    expect(() => readConfig(production)).toThrow(/ACCI_MAIL_FROM/);
    expect(() => readConfig({ ...production, ...from })).toThrow(/ACCI_FRONT_END_URL/);
    expect(readConfig({ ...production, ...from, ACCI_PUBLIC_URL: 'https://api.example.com' })).toBeDefined();
    const read = () =>
      readConfig({ ...production, ACCI_SMTP_URL: 'http://u:s3cret@h', ACCI_MAIL_FROM: 'ACCI' });
    expect(read).toThrow(/ACCI_SMTP_URL: must be[^]*ACCI_MAIL_FROM: must be/);
    expect(read).not.toThrow(/s3cret/);
  });

  it('takes the first operator’s address and password together, or neither', () => {
    const operator = {
      ACCI_OPERATOR_EMAIL: 'ada@example.com',
      ACCI_OPERATOR_PASSWORD: 'plum trees in a row',
    };
    expect(readConfig(operator)).toMatchObject(operator);
    for (const name of Object.keys(operator))
      expect(() => readConfig({ ...operator, [name]: '' })).toThrow(/ACCI_OPERATOR_PASSWORD/);
    const read = () => readConfig({ ...operator, ACCI_OPERATOR_PASSWORD: 'plums' });
    expect(read).toThrow(/ACCI_OPERATOR_PASSWORD: must have/);
    expect(read).not.toThrow(/plums/);
  });

  it('refuses a short operator key', () => {
    expect(() => readConfig({ ACCI_OPERATOR_KEY: 'short' })).toThrow(/ACCI_OPERATOR_KEY/);
  });
});

describe('docs/configuration.md', () => {
  it('lists every variable, and none that does not exist', async () => {
    const text = await readFile('docs/configuration.md', 'utf8');
    const listed = [...text.matchAll(/^\| `([A-Z_]+)` +\|/gm)].map(([, name]) => name);
    expect(new Set(listed)).toEqual(new Set(Object.keys(environmentSchema.shape)));
  });
});
