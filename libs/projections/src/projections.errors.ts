import { DomainError, type Position, formatPosition } from '@acci/event-store';

/**
 * An app appends before it is initialised, when inline projections would miss the events for good: call `app.init()`
 * first, as `app.listen()` does. A fault of the program, so it has no kind.
 */
export class ProjectionsNotInitialised extends Error {
  readonly code = 'projections.not_initialised';

  constructor() {
    super('Nothing is appended before app.init(): inline projections would miss it');
    this.name = new.target.name;
  }
}

/** A projection is declared wrongly. Thrown at boot, naming the offender; a fault of the program, so it has no kind. */
export class ProjectionRegistrationError extends Error {
  readonly code = 'projections.registration.invalid';

  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

/** An asynchronous projection has not got as far as a reader asked for, and did not in the time allowed. */
export class ProjectionBehind extends DomainError {
  readonly code = 'projections.behind';
  readonly kind = 'unavailable';
  override readonly details: { readonly projections: readonly string[] };
  /** Seconds after which a client may try again. */
  readonly retryAfter = 1;

  constructor(projections: readonly string[], position: Position) {
    super(`Not yet at ${formatPosition(position)}: ${projections.join(', ')}`);
    this.details = { projections };
  }
}

/** There is no projection of that name. */
export class ProjectionNotFound extends DomainError {
  readonly code = 'projections.projection.not_found';
  readonly kind = 'not_found';

  constructor(name: string) {
    super(`There is no projection ${name}`);
  }
}

/** What an operator asked for does not fit the state or the lifecycle of the projection. */
export class ProjectionActRefused extends DomainError {
  readonly code = 'projections.act.refused';
  readonly kind = 'conflict';

  constructor(act: string, name: string, why: string) {
    super(`Cannot ${act} ${name}: ${why}`);
  }
}

/**
 * A handler does something that cannot be done while its projection is rebuilt: its writes could not be led to the tables
 * that are being filled. A fault of the program, so it has no kind.
 */
export class RebuildUnsupported extends Error {
  readonly code = 'projections.rebuild.unsupported';

  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

/** A handler puts a row that its table cannot take: no such table or column, or a part of the key is missing. */
export class InvalidRow extends Error {
  readonly code = 'projections.row.invalid';

  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}
