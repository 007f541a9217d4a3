/** Base of everything that keeps an embedded server from starting; `code` is stable. */
export abstract class EmbeddedServerError extends Error {
  abstract readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The directory, the user or the platform does not allow a server; the message says what to change. */
export class EmbeddedServerUnusable extends EmbeddedServerError {
  readonly code = 'database.embedded.unusable';
}

/** Another process already runs the server of this directory. */
export class EmbeddedServerInUse extends EmbeddedServerError {
  readonly code = 'database.embedded.in_use';
}

/** The data directory was made by another major version of PostgreSQL, which this one cannot read. */
export class EmbeddedServerVersionMismatch extends EmbeddedServerError {
  readonly code = 'database.embedded.version_mismatch';
}

/** The server's own programs failed; the message ends with what they wrote. */
export class EmbeddedServerFailed extends EmbeddedServerError {
  readonly code = 'database.embedded.failed';
}
