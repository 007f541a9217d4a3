import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { destination } from 'pino';
import { ADAPTERS, TestApp } from '../spec-support/apps.js';

const [[, fastify]] = ADAPTERS;

describe("the app's log", () => {
  it("turns what Nest's logger is given into structured, redacted lines", async () => {
    const app = await TestApp.start(fastify);
    const logger = new Logger('Orders');
    logger.log('placed');
    logger.warn({ msg: 'odd', user: { email: 'ada@example.org' }, orderId: 7 });
    logger.error(new Error('bad Bearer abcdefgh12345678'));
    const lines = app.log.lines.filter((line) => line['context'] === 'Orders' || line['level'] === 'error');
    expect(lines).toEqual([
      expect.objectContaining({ level: 'info', service: 'test', msg: 'placed', context: 'Orders' }),
      expect.objectContaining({ level: 'warn', msg: 'odd', user: { email: '[redacted]' }, orderId: 7 }),
      expect.objectContaining({
        level: 'error',
        err: expect.objectContaining({ type: 'Error', message: 'bad Bearer [redacted]' }),
      }),
    ]);
    await app.close();
  });

  it('gives out a PinoLogger, for those who want one', async () => {
    const app = await TestApp.start(fastify);
    const logger = await app.nest.resolve(PinoLogger);
    logger.setContext('Direct');
    logger.info({ token: 'x' }, 'hello');
    expect(app.log.lines).toContainEqual(
      expect.objectContaining({ context: 'Direct', msg: 'hello', token: '[redacted]' }),
    );
    await app.close();
  });

  it('is for people when pretty', async () => {
    const app = await TestApp.start(fastify, { log: { pretty: true } });
    new Logger('Orders').log('placed');
    expect(app.log.written.join('')).toMatch(/INFO.*placed/);
    await app.close();
  });

  describe('with a buffered destination', () => {
    let folder: string;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'acci-log-'));
    });
    afterEach(() => rm(folder, { recursive: true }));

    it('is flushed at shutdown and at a fatal line', async () => {
      const file = join(folder, 'log');
      const buffered = destination({ dest: file, sync: false, minLength: 16_000 });
      const app = await TestApp.start(fastify, { log: { destination: buffered } });
      new Logger('Orders').log('waits');
      expect(await readFile(file, 'utf8')).toBe('');
      new Logger('Orders').fatal('boom');
      expect(await readFile(file, 'utf8')).toMatch(/waits[^]*boom/);
      new Logger('Orders').log('last words');
      await app.close();
      expect(await readFile(file, 'utf8')).toContain('last words');
      buffered.destroy();
    });
  });
});
