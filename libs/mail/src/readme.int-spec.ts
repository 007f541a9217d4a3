import { readFile } from 'node:fs/promises';
import { NestFactory } from '@nestjs/core';
import { Reminders, RemindersModule } from './spec-support/readme-example.js';
import { MailServer } from './testing.js';

describe('README.md', () => {
  it('shows the module that runs here', async () => {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
    const example = await readFile(new URL('spec-support/readme-example.ts', import.meta.url), 'utf8');
    expect(readme).toContain(`\`\`\`ts\n${example}\`\`\`\n`);
  });

  it('shows what works', async () => {
    const server = await MailServer.start();
    const transport = { smtp: server.url, requireTls: false };
    const app = await NestFactory.createApplicationContext(RemindersModule.forRoot(transport), {
      logger: false,
    });
    await app.get(Reminders).remind('ada@example.com', 'de-CH', 'R-7');
    expect(await server.next('ada@example.com')).toMatchObject({
      subject: 'Rechnung R-7 ist fällig',
      from: '"Shop" <shop@example.com>',
      links: ['https://shop.example.com/invoices/R-7'],
    });
    await app.close();
    await server.close();
  });
});
