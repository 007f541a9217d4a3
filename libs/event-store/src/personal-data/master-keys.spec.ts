import { promises as fs } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { masterKey } from '../fixtures/registry-office.js';
import { EnvironmentKey } from './environment-key.js';
import { LocalKeyFile } from './local-key-file.js';
import { MasterKeyLost, MasterKeyUnusable, PersonalDataUnreadable } from './personal-data.errors.js';

const context = Buffer.from('a tenant');
const key = (): Buffer => Buffer.alloc(32, 7);

describe('master keys from the environment', () => {
  it('wrap for one context', async () => {
    const keys = new EnvironmentKey(masterKey());
    const wrapped = await keys.wrap(key(), context);
    expect(wrapped.bytes.includes(key())).toBe(false);
    expect(await keys.unwrap(wrapped, context)).toEqual(key());
    await expect(keys.unwrap(wrapped, Buffer.from('another'))).rejects.toThrow(PersonalDataUnreadable);
    await expect(new EnvironmentKey(masterKey()).unwrap(wrapped, context)).rejects.toThrow(MasterKeyLost);
  });

  it('may be several: the first wraps, the others unwrap what they wrapped before', async () => {
    const [older, newer] = [masterKey(), masterKey()];
    const wrapped = await new EnvironmentKey(older).wrap(key(), context);
    const both = new EnvironmentKey(`${newer}, ${older}`);
    expect(await both.unwrap(wrapped, context)).toEqual(key());
    expect(both.currentKeyId).toBe(new EnvironmentKey(newer).currentKeyId);
    expect((await both.wrap(key(), context)).keyId).toBe(both.currentKeyId);
  });

  it.each([['short'], [''], [Buffer.alloc(32).toString('base64')], [`${masterKey()},x`]])(
    'are refused if they are none, without a word of them: %j',
    (text) => {
      const make = (): EnvironmentKey => new EnvironmentKey(text);
      expect(make).toThrow(MasterKeyUnusable);
      expect(make).not.toThrow(new RegExp(text.slice(0, 10) || 'nothing at all'));
    },
  );

  it('show themselves to nobody', () => {
    const text = masterKey();
    const shown = inspect(new EnvironmentKey(text), { depth: 9, showHidden: true });
    expect(shown).not.toContain(text.slice(0, 10));
    expect(shown).not.toContain(Buffer.from(text, 'base64').toString('hex').slice(0, 10));
  });
});

describe('a master key file', () => {
  let directory: string;
  let path: string;
  beforeEach(async () => {
    directory = await fs.mkdtemp(join(tmpdir(), 'acci-keys-'));
    path = join(directory, 'deep', 'master-key');
  });
  afterEach(() => fs.rm(directory, { recursive: true }));

  it('is made at the first start for its owner alone, and is the same at the next', async () => {
    const first = await LocalKeyFile.open(path);
    expect((await fs.stat(path)).mode & 0o777).toBe(0o600);
    expect((await LocalKeyFile.open(path)).currentKeyId).toBe(first.currentKeyId);
    expect(await fs.readdir(join(directory, 'deep'))).toEqual(['master-key']);
  });

  it('is one, though many processes start at once', async () => {
    const opened = await Promise.all(Array.from({ length: 10 }, () => LocalKeyFile.open(path)));
    expect(new Set(opened.map(({ currentKeyId }) => currentKeyId)).size).toBe(1);
    expect(await fs.readdir(join(directory, 'deep'))).toEqual(['master-key']);
  });

  it.each([0o644, 0o640, 0o604, 0o620, 0o660])(
    'is refused when others can get at it: mode %o',
    async (mode) => {
      await LocalKeyFile.open(path);
      await fs.chmod(path, mode);
      await expect(LocalKeyFile.open(path)).rejects.toThrow(MasterKeyUnusable);
      await expect(LocalKeyFile.open(path)).rejects.toThrow(/chmod 600/);
    },
  );

  it('is refused, and left alone, when it holds something else', async () => {
    await LocalKeyFile.open(path);
    for (const text of ['', 'not a key\n']) {
      await fs.writeFile(path, text);
      await expect(LocalKeyFile.open(path)).rejects.toThrow(MasterKeyUnusable);
      expect(await fs.readFile(path, 'utf8')).toBe(text);
    }
    await expect(LocalKeyFile.open(directory)).rejects.toThrow(MasterKeyUnusable);
  });

  it('takes another key in, and keeps the one that it had', async () => {
    const before = await LocalKeyFile.open(path);
    const wrapped = await before.wrap(key(), context);
    await LocalKeyFile.addKey(path);
    const after = await LocalKeyFile.open(path);
    expect(after.currentKeyId).not.toBe(before.currentKeyId);
    expect(await after.unwrap(wrapped, context)).toEqual(key());
    expect((await fs.stat(path)).mode & 0o777).toBe(0o600);
  });
});
