import { DomainError } from '../domain-error.js';
import { StreamConflict } from '../event-store.errors.js';

/** Something happened that the decision did not know of: query, decide and save again. */
export class ConsistencyViolated extends DomainError {
  readonly code = 'event_store.consistency.violated';
  readonly kind = 'conflict';

  constructor(options?: ErrorOptions) {
    super('Something that this depends on has happened meanwhile', options);
  }
}

/** Somebody else appended to one of the streams that were saved together; nothing of any of them was kept. */
export class StreamsConflict extends StreamConflict {
  override readonly message: string;

  constructor(
    streams: readonly { streamType: string; streamId: string; expectedVersion: number }[],
    options?: ErrorOptions,
  ) {
    const [first] = streams;
    super(first?.streamType ?? '', first?.streamId ?? '', first?.expectedVersion ?? 0, options);
    const names = streams.map(
      (stream) => `${stream.streamType} ${stream.streamId} (version ${stream.expectedVersion})`,
    );
    this.message = `One of these has changed: ${names.join(', ')}`;
  }
}

/** More different tags in one save than may be locked together. */
export class TooManyTags extends DomainError {
  readonly code = 'event_store.tags.too_many';
  readonly kind = 'invalid';
  override readonly details: { readonly tags: number; readonly maxTags: number };

  constructor(tags: number, maxTags: number) {
    super(`One save has ${tags} different tags, over the limit of ${maxTags}`);
    this.details = { tags, maxTags };
  }
}

/** A command id that was used for another command, or by somebody else. An id stands for one intent. */
export class CommandIdReused extends DomainError {
  readonly code = 'event_store.command.id_reused';
  readonly kind = 'conflict';

  constructor() {
    super('This command id was used for another command');
  }
}

/** A command id that is empty, over 255 characters, or not storable as text. */
export class InvalidCommandId extends DomainError {
  readonly code = 'event_store.command.invalid_id';
  readonly kind = 'invalid';

  constructor() {
    super('A command id must have 1 to 255 characters of valid Unicode, none of them NUL');
  }
}
