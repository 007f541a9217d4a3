import { DomainError } from '../domain-error.js';
import { EventStoreFault } from '../event-store.errors.js';

/** Personal data was to be stored about somebody who has been forgotten. There is no way back: use a new subject id. */
export class SubjectForgotten extends DomainError {
  readonly code = 'event_store.subject.forgotten';
  readonly kind = 'conflict';

  constructor(options?: ErrorOptions) {
    super('The data is about somebody who has been forgotten', options);
  }
}

/** The id of a subject is empty, over 255 characters, or not storable as text. */
export class InvalidSubjectId extends DomainError {
  readonly code = 'event_store.subject.invalid_id';
  readonly kind = 'invalid';

  constructor() {
    super(
      'A subject id must have 1 to 255 characters of valid Unicode, none of them NUL; those of a UUID are lower case',
    );
  }
}

/** There is no such receipt in the tenant. */
export class ForgetReceiptNotFound extends DomainError {
  readonly code = 'event_store.forget_receipt.not_found';
  readonly kind = 'not_found';

  constructor(id: string) {
    super(`There is no receipt ${id}`);
  }
}

/** Events have personal fields, but the program was given no master key: `EventStoreModule` needs a `keyProvider`. */
export class MasterKeyMissing extends EventStoreFault {
  readonly code = 'event_store.master_key.missing';

  constructor(what: string) {
    super(`${what} has personal fields, but EventStoreModule was given no keyProvider`);
  }
}

/**
 * The database has keys under a master key that the program does not have, or has in another form. Nothing personal
 * under it can be read until the key is put back.
 */
export class MasterKeyLost extends EventStoreFault {
  readonly code = 'event_store.master_key.lost';

  constructor(keyId: string, options?: ErrorOptions) {
    super(
      `Personal data in this database is under the master key ${keyId}, which the program does not have. ` +
        'Put that key back (the key file from its backup, or ACCI_MASTER_KEY): without it the data is lost',
      options,
    );
  }
}

/** A master key, or the file that holds it, cannot be used. The message never repeats the key. */
export class MasterKeyUnusable extends EventStoreFault {
  readonly code = 'event_store.master_key.unusable';
}

/** Stored personal data or a stored key is not what was written: moved, changed, or from another database. */
export class PersonalDataUnreadable extends EventStoreFault {
  readonly code = 'event_store.personal_data.unreadable';
}

/** A claim or a tag has a personal value in clear: it would stay on the disk after its subject was forgotten. */
export class PersonalValueExposed extends EventStoreFault {
  readonly code = 'event_store.personal_data.exposed';

  constructor(streamType: string, name: string) {
    super(
      `An event of ${streamType} has a personal value in the claim or tag ${name}: use personalClaim, tag by an id`,
    );
  }
}
