import { DomainError } from '@acci/event-store';

/** A line of an import says something that a user cannot have; `errors` says what. */
export class UserLineInvalid extends DomainError {
  readonly code = 'auth.import.line_invalid';
  readonly kind = 'invalid';

  constructor(readonly errors: readonly { readonly pointer: string; readonly message: string }[]) {
    super('The line does not describe a user');
  }
}

/** A line of an import has the address or the user name of one before it. */
export class UserLineDoubled extends DomainError {
  readonly code = 'auth.import.line_doubled';
  readonly kind = 'conflict';

  constructor(firstLine: number) {
    super(`Line ${firstLine} has the same address or user name`);
  }
}
