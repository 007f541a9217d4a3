import { DomainError } from '@acci/event-store';
import type { TenantInputProblem } from '../tenant.errors.js';

/** A line of an import is neither JSON nor, in CSV, a row like its header. */
export class ImportedLineUnreadable extends DomainError {
  readonly code = 'tenancy.import.line_unreadable';
  readonly kind = 'invalid';

  constructor(options?: ErrorOptions) {
    super('The line cannot be read', options);
  }
}

/** A line of an import says something that a tenant cannot have; `errors` says what. */
export class ImportedLineInvalid extends DomainError {
  readonly code = 'tenancy.import.line_invalid';
  readonly kind = 'invalid';

  constructor(readonly errors: readonly TenantInputProblem[]) {
    super('The line does not describe a tenant');
  }
}

/** A line of an import is longer than it may be. */
export class ImportedLineTooLong extends DomainError {
  readonly code = 'tenancy.import.line_too_long';
  readonly kind = 'too_large';

  constructor(maxBytes: number) {
    super(`A line may have ${maxBytes} bytes at most`);
  }
}

/** A line of an import has the slug of one before it. */
export class ImportedLineDoubled extends DomainError {
  readonly code = 'tenancy.import.line_doubled';
  readonly kind = 'conflict';

  constructor(firstLine: number) {
    super(`Line ${firstLine} has the same slug`);
  }
}

/** An import has more lines than one call takes; it stopped there. */
export class TooManyImportedLines extends DomainError {
  readonly code = 'tenancy.import.too_many_lines';
  readonly kind = 'too_large';

  constructor(maxLines: number) {
    super(`One import takes ${maxLines} lines; send the rest in another`);
  }
}
