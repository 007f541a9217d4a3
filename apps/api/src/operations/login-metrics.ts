import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { LoginReport } from '@acci/auth';
import { InjectMetric, makeCounterProvider } from '@acci/observability';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';

const name = 'acci_logins_total';

/** Counts attempts to log in, by how they ended. */
export const loginCounter = makeCounterProvider({
  name,
  help: 'Attempts to log in with a password.',
  labelNames: ['outcome'],
});

/** Hears of logins from `@acci/auth`, which knows nothing of metrics. */
@Injectable()
export class LoginMetrics implements OnModuleInit, OnModuleDestroy {
  constructor(
    @InjectMetric(name) private readonly logins: { inc(labels: { readonly outcome: string }): void },
  ) {}

  onModuleInit(): void {
    subscribe('acci:login', this.count);
  }

  onModuleDestroy(): void {
    unsubscribe('acci:login', this.count);
  }

  private readonly count = (report: unknown): void => {
    this.logins.inc({ outcome: (report as LoginReport).outcome });
  };
}
