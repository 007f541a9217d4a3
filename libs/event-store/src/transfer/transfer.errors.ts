import { DomainError } from '../domain-error.js';

/** The file is no export of a tenant, or a line of it cannot be read. Nothing was imported. */
export class TransferUnreadable extends DomainError {
  readonly code = 'event_store.transfer.unreadable';
  readonly kind = 'invalid';
  override readonly details: { readonly line: number };

  /** @param line from 1. */
  constructor(line: number, reason: string, options?: ErrorOptions) {
    super(`Line ${line} of the export ${reason}`, options);
    this.details = { line };
  }
}

/** The file ends before its manifest: the export or the upload was cut off. Nothing was imported. */
export class TransferTruncated extends DomainError {
  readonly code = 'event_store.transfer.truncated';
  readonly kind = 'invalid';
  override readonly details: { readonly line: number };

  constructor(line: number) {
    super(`The export ends without its manifest, after line ${line}`);
    this.details = { line };
  }
}

/** A hash or a count does not agree with what it stands for: the file was changed. Nothing was imported. */
export class TransferDamaged extends DomainError {
  readonly code = 'event_store.transfer.damaged';
  readonly kind = 'invalid';
  override readonly details: { readonly line: number };

  constructor(line: number) {
    super(`The export is damaged: line ${line} does not agree with what stands before it`);
    this.details = { line };
  }
}

/** This program cannot take an event: it does not know its type or version, or the data does not fit. */
export class TransferredEventRefused extends DomainError {
  readonly code = 'event_store.transfer.event_refused';
  readonly kind = 'invalid';
  override readonly details: { readonly line: number; readonly reason: string | undefined };

  constructor(line: number, cause: Error & { readonly code?: string }) {
    super(`Line ${line} of the export cannot be taken: ${cause.message}`, { cause });
    this.details = { line, reason: cause.code };
  }
}

/** The events contradict each other: doubled, missing, out of order, or two streams hold one unique value. */
export class TransferInconsistent extends DomainError {
  readonly code = 'event_store.transfer.inconsistent';
  readonly kind = 'invalid';

  constructor(reason: string, options?: ErrorOptions) {
    super(`The export contradicts itself: ${reason}`, options);
  }
}

/** The tenant has events already. An export is imported into an empty tenant, whole. */
export class TenantNotEmpty extends DomainError {
  readonly code = 'event_store.transfer.tenant_not_empty';
  readonly kind = 'conflict';

  constructor() {
    super('The tenant has events already');
  }
}
