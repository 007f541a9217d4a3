import { Inject, Injectable, Logger, ServiceUnavailableException } from '@nestjs/common';
import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { HttpAdapterHost, ModuleRef } from '@nestjs/core';
import { HealthCheckService, HealthIndicatorService } from '@nestjs/terminus';
import type { HealthCheckResult } from '@nestjs/terminus';
import { collectProviders } from '../collect-providers.js';
import { MODULE_OPTIONS_TOKEN } from '../observability.options.js';
import type { ObservabilityOptions } from '../observability.options.js';

const DEFAULT_TIMEOUT_MS = 2_000;

/**
 * What a check found, for people to read: it appears in the answer of `/health/ready`. The excluded names are
 * terminus' own.
 *
 * @example
 * const details: HealthDetails = { waiting: 3 };
 */
export type HealthDetails = Readonly<Record<string, unknown>> & {
  readonly status?: never;
  readonly responseTime?: never;
  readonly cachedResponse?: never;
};

/**
 * One thing that must hold for the app to take requests.
 *
 * @example
 * const check: HealthCheck = { name: 'database', check: async () => ({ pool: database.stats().app.total }) };
 */
export interface HealthCheck {
  /** Unique among the app's checks. */
  readonly name: string;
  /**
   * Resolves when healthy and rejects when not. The text of a rejection is answered only if the error is a domain
   * error (has `code` and `kind`); any other goes to the log alone. Aborting `signal` says that nobody waits any more.
   */
  check(signal: AbortSignal): Promise<HealthDetails | void>;
}

/**
 * Token under which any module of the app provides its `HealthCheck[]`; all of them are found.
 *
 * @example
 * const provider = { provide: HEALTH_CHECKS, useFactory: (db: Database) => [databaseCheck(db)], inject: [Database] };
 */
export const HEALTH_CHECKS = Symbol('acci.observability.health-checks');

/** What a health route answers: terminus' result, and as a problem (RFC 9457) when the status is 503. */
export interface HealthReport {
  readonly status: 200 | 503;
  readonly type: 'application/json' | 'application/problem+json';
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * Two modules gave their readiness checks the same name. Thrown at boot.
 *
 * @example
 * await expect(NestFactory.create(AppModule, { abortOnError: false })).rejects.toThrow(DuplicateHealthCheck);
 */
export class DuplicateHealthCheck extends Error {
  override readonly name = 'DuplicateHealthCheck';

  constructor(check: string) {
    super(`There are two health checks named "${check}": names must be unique, or one would hide the other.`);
  }
}

/** Answers whether the app lives and whether it can take requests. */
@Injectable()
export class Health implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(Health.name);
  private readonly failing = new Set<string>();
  private checks: readonly HealthCheck[] = [];
  private closing = false;

  constructor(
    @Inject(MODULE_OPTIONS_TOKEN) private readonly options: ObservabilityOptions,
    private readonly modules: ModuleRef,
    private readonly service: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly host: HttpAdapterHost,
  ) {}

  onApplicationBootstrap(): void {
    this.checks = collectProviders<HealthCheck>(this.modules, HEALTH_CHECKS);
    const names = new Set<string>();
    for (const { name } of this.checks) {
      if (names.has(name)) throw new DuplicateHealthCheck(name);
      names.add(name);
    }
    this.noticeClosing();
  }

  onModuleDestroy(): void {
    this.closing = true;
  }

  /** Always 200: a process that can answer at all must not be restarted because its database is away. */
  live(): HealthReport {
    return {
      status: 200,
      type: 'application/json',
      body: { status: 'ok', info: {}, error: {}, details: {} },
    };
  }

  /** 200 when every check holds; 503 when one doesn't, in time, or when the app is shutting down. */
  async ready(): Promise<HealthReport> {
    try {
      const result = await this.service.check(this.checks.map((check) => () => this.attempt(check)));
      if (this.closing) return notReady({ ...result, status: 'shutting_down' });
      return { status: 200, type: 'application/json', body: { ...result } };
    } catch (error) {
      if (!(error instanceof ServiceUnavailableException)) throw error;
      const result = error.getResponse() as HealthCheckResult;
      return notReady(this.closing ? { ...result, status: 'shutting_down' } : result);
    }
  }

  /** Whoever drains requests does so in the adapter's `beforeClose`, long before Nest calls any shutdown hook. */
  private noticeClosing(): void {
    const adapter = this.host.httpAdapter as HttpAdapterHost['httpAdapter'] | undefined;
    const beforeClose = adapter?.beforeClose?.bind(adapter);
    if (adapter === undefined || beforeClose === undefined) return;
    adapter.beforeClose = () => {
      this.closing = true;
      return beforeClose();
    };
  }

  private attempt(check: HealthCheck): ReturnType<ReturnType<HealthIndicatorService['check']>['attempt']> {
    const attempt = this.indicators.check(check.name).attempt(({ signal }) => this.run(check, signal));
    return attempt.withTimeout(this.options.healthTimeoutMs ?? DEFAULT_TIMEOUT_MS);
  }

  private async run(check: HealthCheck, signal: AbortSignal): Promise<HealthDetails> {
    try {
      const details = await check.check(signal);
      // Probes come every few seconds: the log gets the changes, not each of them.
      if (this.failing.delete(check.name)) this.logger.log(`Health check ${check.name} holds again`);
      return details ?? {};
    } catch (error) {
      if (!this.failing.has(check.name))
        this.logger.warn({ msg: `Health check ${check.name} failed`, err: error });
      this.failing.add(check.name);
      throw new Error(isDomainError(error) ? error.message : 'The check failed; the log says why.', {
        cause: error,
      });
    }
  }
}

function notReady({ status, info, error, details }: HealthCheckResult): HealthReport {
  const reason =
    status === 'shutting_down' ? 'Shutting down' : `Not ready: ${Object.keys(error ?? {}).join(', ')}`;
  return {
    status: 503,
    type: 'application/problem+json',
    body: {
      type: 'about:blank',
      title: 'Service Unavailable',
      status: 503,
      code: status === 'shutting_down' ? 'health.shutting_down' : 'health.not_ready',
      detail: reason,
      info,
      error,
      details,
    },
  };
}

function isDomainError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && 'kind' in error;
}
