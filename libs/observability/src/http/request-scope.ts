import { AsyncLocalStorage } from 'node:async_hooks';
import { Inject, Injectable } from '@nestjs/common';
import { MODULE_OPTIONS_TOKEN } from '../observability.options.js';
import type { ObservabilityOptions, RequestFields } from '../observability.options.js';
import type { RequestRecord } from './request-record.js';

const NO_FIELDS: RequestFields = {};

/** Knows which request the running code belongs to. For log lines and spans only: the domain gets its context passed. */
@Injectable()
export class RequestScope {
  private readonly storage = new AsyncLocalStorage<RequestRecord>();

  constructor(@Inject(MODULE_OPTIONS_TOKEN) private readonly options: ObservabilityOptions) {}

  run(record: RequestRecord, work: () => void): void {
    this.storage.run(record, work);
  }

  /** Fields of `record`, or of the request that is running; none outside a request. */
  fields(record: RequestRecord | undefined = this.storage.getStore()): RequestFields {
    if (record === undefined || this.options.requestFields === undefined) return NO_FIELDS;
    try {
      return this.options.requestFields(record.request ?? record.raw);
    } catch {
      // Called from an event listener: an error here would end the process for the sake of a log line.
      return NO_FIELDS;
    }
  }
}
