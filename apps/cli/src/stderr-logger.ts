import { ConsoleLogger, type LogLevel } from '@nestjs/common';
import type { Out } from './io.js';

/** What Nest and the platform have to warn of. Stdout is for results. */
export class StderrLogger extends ConsoleLogger {
  constructor(private readonly out: Out) {
    super({ logLevels: ['warn', 'error', 'fatal'] });
  }

  protected override printMessages(messages: unknown[], _context?: string, level: LogLevel = 'warn'): void {
    for (const message of messages) this.out.write(`${level}: ${String(message)}\n`);
  }

  protected override printStackTrace(): void {}
}
