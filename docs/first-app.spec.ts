import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { embedCode } from '../scripts/embed-code.ts';

const folder = import.meta.dirname;

describe('docs/first-app.md', () => {
  it('shows the files of docs/first-app as they are: run npm run docs', async () => {
    const guide = await readFile(join(folder, 'first-app.md'), 'utf8');
    expect(guide).toBe(await embedCode(guide, folder));
  });

  it('shows every one of them', async () => {
    const guide = await readFile(join(folder, 'first-app.md'), 'utf8');
    const entries = await readdir(join(folder, 'first-app'), { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1));
    expect(files.filter((file) => !guide.includes(` ${file}\n`))).toEqual([]);
  });
});
