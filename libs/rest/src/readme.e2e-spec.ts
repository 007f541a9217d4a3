import { readFile } from 'node:fs/promises';
import { startReadmeApp } from './spec-support/readme-app.js';
import { readProblem } from './testing.js';

describe('the example of the README', () => {
  it('is the one that is compiled', async () => {
    const source = await readFile(new URL('./spec-support/readme-app.ts', import.meta.url), 'utf8');
    const example = /\/\/ README begins\n([^]+?)\n\/\/ README ends/.exec(source)?.[1] ?? 'no example';
    expect(await readFile(new URL('../README.md', import.meta.url), 'utf8')).toContain(example);
  });

  it('runs', async () => {
    const app = await startReadmeApp();
    const response = await fetch(`${await app.getUrl()}/v1/things`, {
      method: 'POST',
      body: '{"name":"lamp"}',
      headers: { 'Content-Type': 'application/json' },
    });
    // It has no authentication of its own.
    expect(await readProblem(response)).toMatchObject({ code: 'auth.credentials.missing' });
    await app.close();
  });
});
