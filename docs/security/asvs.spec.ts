import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Asvs, asvsPage, attacksPage, readAsvs, readAttacks, split } from '../../scripts/asvs.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFile(join(root, path), 'utf8').catch(() => '');

/** Of tests, those that there are not. */
async function dead(tests: readonly string[]): Promise<string[]> {
  const missing: string[] = [];
  for (const test of new Set(tests)) {
    const [path, name] = split(test);
    const text = /\.(int-|e2e-)?spec\.ts$/.test(path) ? await read(path) : '';
    // The name of a test, and not some words that happen to stand there.
    if (!["'", '"', '`'].some((quote) => text.includes(`${quote}${name}${quote}`))) missing.push(test);
  }
  return missing;
}

describe('docs/security/asvs.md', () => {
  let asvs: Asvs;
  beforeAll(async () => {
    asvs = await readAsvs();
  });

  it('has every requirement of the standard, once, at its level', async () => {
    const standard = (await read('docs/security/asvs-5.0.txt')).trim().split('\n');
    expect(standard).toHaveLength(246);
    expect(asvs.requirements.map(({ id, level }) => `${id} ${level}`)).toEqual(standard);
  });

  it('names tests that are there, and only tests', async () => {
    const tests = asvs.requirements.flatMap((one) => (one.status === 'met' ? (one.tests ?? []) : []));
    expect(await dead(tests)).toEqual([]);
  });

  it('names pages that are there, where the standard asks for something to be written down', async () => {
    const documented = asvs.requirements.flatMap((one) => (one.status === 'met' && one.pages ? [one] : []));
    for (const { id, text, pages = [], tests } of documented) {
      for (const [path, heading] of pages.map(split))
        expect([
          id,
          (await read(path)).split('\n').some((line) => /^#+ /.test(line) && line.endsWith(` ${heading}`)),
        ]).toEqual([id, true]);
      expect([id, tests !== undefined || text.startsWith('Write down')]).toEqual([id, true]);
    }
  });

  it('says why, whatever it says', () => {
    const silent = asvs.requirements.filter((one) => {
      if (one.status === 'met') return [...(one.tests ?? []), ...(one.pages ?? [])].length === 0;
      if (one.status === 'planned') return asvs.topics[one.topic] === undefined;
      return one.reason.length < 10;
    });
    expect(silent).toEqual([]);
    expect(asvs.requirements.filter(({ text }) => text.length < 5)).toEqual([]);
  });

  it('is as the script makes it: run npm run docs', async () => {
    expect(await read('docs/security/asvs.md')).toBe(asvsPage(asvs));
  });
});

describe('docs/security/attacks.md', () => {
  it('names tests that are there', async () => {
    const attacks = await readAttacks();
    expect(attacks.filter(({ tests }) => tests.length === 0)).toEqual([]);
    expect(await dead(attacks.flatMap(({ tests }) => tests))).toEqual([]);
  });

  it('is as the script makes it: run npm run docs', async () => {
    expect(await read('docs/security/attacks.md')).toBe(attacksPage(await readAttacks()));
  });
});
