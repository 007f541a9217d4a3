import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { Logger, PinoLogger } from 'nestjs-pino';
import { pino } from 'pino';
import type { DestinationStream, Logger as Pino, LoggerOptions } from 'pino';
import { prettyFactory } from 'pino-pretty';
import type { RequestRecord } from '../http/request-record.js';
import { RequestScope } from '../http/request-scope.js';
import { MODULE_OPTIONS_TOKEN } from '../observability.options.js';
import type { ObservabilityOptions, RequestFields } from '../observability.options.js';
import { redactor, redactText } from './redact.js';
import { StandardOutput } from './standard-output.js';

type Destination = DestinationStream & { flushSync?: () => void };

/**
 * The two loggers of an app over one destination. Lines of the app pass through redaction and carry the fields of the
 * request they were written in; the request line has a fixed set of harmless fields and skips both, which is what
 * makes it cheap.
 */
@Injectable()
export class Log implements OnApplicationShutdown {
  /** For lines of the app. */
  readonly app: Pino;
  private readonly requests: Pino | undefined;
  private readonly destination: Destination;
  private readonly output: StandardOutput | undefined;

  constructor(@Inject(MODULE_OPTIONS_TOKEN) options: ObservabilityOptions, scope: RequestScope) {
    const log = options.log ?? {};
    const sink: Destination = log.destination ?? (this.output = new StandardOutput());
    this.destination = log.pretty ? prettified(sink) : sink;

    const common: LoggerOptions = {
      level: log.level ?? 'info',
      base: { service: options.serviceName },
      timestamp: timestamps(),
    };
    const redact = redactor(log.redact);
    this.app = pino(
      {
        ...common,
        // A copy: pino adds the line's own fields to it.
        mixin: () => ({ ...scope.fields() }),
        // Redaction has already made errors plain, and pino's own serializer would copy every member of them.
        serializers: { err: (error: unknown) => error },
        formatters: { level: levelByName, log: redact },
        hooks: { streamWrite: redactText },
      },
      this.destination,
    );
    if (log.requests ?? true)
      this.requests = pino({ ...common, formatters: { level: levelByName } }, this.destination);
  }

  /** Writes the one line of a request that is over. */
  request(record: RequestRecord, fields: RequestFields): void {
    if (this.requests === undefined) return;
    const { method, route, status, durationMs, isStream } = record;
    const line = {
      tenant: fields.tenant,
      actor: fields.actor,
      correlation: fields.correlation,
      traceId: record.span?.spanContext().traceId,
      method,
      route,
      status,
      // Under another name, so that nobody takes the life of a live stream for the time of an answer.
      ...(isStream ? { openMs: durationMs } : { durationMs }),
    };
    if (status >= 500) this.requests.error(line, 'request');
    else this.requests.info(line, 'request');
  }

  onApplicationShutdown(): void {
    this.destination.flushSync?.();
    this.output?.close();
  }
}

function levelByName(level: string): object {
  return { level };
}

/** ISO time, formatted once per millisecond: a busy server writes dozens of lines in one. */
function timestamps(): () => string {
  let last = 0;
  let text = '';
  return () => {
    const now = Date.now();
    if (now !== last) text = `,"time":"${new Date(now).toISOString()}"`;
    last = now;
    return text;
  };
}

function prettified(sink: Destination): Destination {
  const prettify = prettyFactory({ singleLine: true, ignore: 'service' });
  return { write: (line) => sink.write(prettify(line) ?? ''), flushSync: () => sink.flushSync?.() };
}

/**
 * nestjs-pino's `PinoLogger`, writing to the log of *this* app. The library keeps one root logger per process: a
 * second app (a test, a worker beside the api) would write to the destination of the first, even after that closed.
 */
export class AppPinoLogger extends PinoLogger {
  constructor(private readonly root: Pino) {
    super({ pinoHttp: { logger: root }, useExisting: true });
  }

  override get logger(): Pino {
    return this.root;
  }
}

/**
 * The logger to hand to Nest, so that everything logged with Nest's own `Logger` becomes a structured line.
 *
 * @example
 * const app = await NestFactory.create(AppModule, new FastifyAdapter(), { bufferLogs: true });
 * app.useLogger(app.get(StructuredLogger));
 */
export class StructuredLogger extends Logger {
  constructor(log: Log) {
    super(new AppPinoLogger(log.app), {});
  }
}
