import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

it('README.md shows the app that the tests run', async () => {
  const readme = await readFile(join(import.meta.dirname, '../README.md'), 'utf8');
  const app = await readFile(join(import.meta.dirname, 'spec-support/house.module.ts'), 'utf8');
  expect(readme).toContain(`\`\`\`ts\n${app}\`\`\`\n`);
});
