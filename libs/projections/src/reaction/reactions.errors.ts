import { DomainError } from '@acci/event-store';

/**
 * A subscription or process manager is declared wrongly. Thrown at boot, naming the offender; a fault of the program,
 * so it has no kind.
 */
export class ReactionRegistrationError extends Error {
  readonly code = 'projections.reaction.invalid';

  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

/** A process manager did what cannot be kept: a command that it does not list, or data that is no JSON. A fault of the program. */
export class ProcessFault extends Error {
  readonly code = 'projections.process.fault';

  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

/** A process was taken further by a newer version of the program, to which this one leaves it. */
export class ProgramOutdated extends Error {
  constructor(name: string, version: number, newer: number) {
    super(`${name} has a process at version ${newer}; this program has ${version} and leaves it alone`);
    this.name = new.target.name;
  }
}

/** There is no subscription of that name. */
export class SubscriptionNotFound extends DomainError {
  readonly code = 'projections.subscription.not_found';
  readonly kind = 'not_found';

  constructor(name: string) {
    super(`There is no subscription ${name}`);
  }
}

/** The tenant has no such dead letter, or had one that was delivered since. */
export class DeadLetterNotFound extends DomainError {
  readonly code = 'projections.dead_letter.not_found';
  readonly kind = 'not_found';

  constructor(id: string) {
    super(`There is no dead letter ${id}`);
  }
}

/** Somebody has retried or discarded the dead letter already. */
export class DeadLetterSettled extends DomainError {
  readonly code = 'projections.dead_letter.settled';
  readonly kind = 'conflict';

  constructor(id: string) {
    super(`Dead letter ${id} was retried or discarded already`);
  }
}

/**
 * Thrown by a handler that knows that another try would not help, such as for an address that does not exist: what was
 * to be delivered becomes a dead letter at once.
 *
 * @example
 * if (answer.status === 410) throw new Undeliverable('The receiver is gone');
 */
export class Undeliverable extends DomainError {
  readonly code = 'projections.delivery.undeliverable';
  readonly kind = 'invalid';
}
