/** The error codes of RFC 6749, section 5.2, that the token endpoint answers with. */
type TokenErrorCode = 'invalid_request' | 'invalid_client' | 'invalid_scope' | 'unsupported_grant_type';

/** A request for a token that is refused, in the words of RFC 6749. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';

  constructor(
    readonly error: TokenErrorCode,
    /** For whoever writes the client. What of a client's credentials is wrong is never said. */
    readonly description: string,
  ) {
    super(`${error}: ${description}`);
  }
}

/** The client is not known, what it showed is not good, or it is kept out: all of these look the same. */
export class ClientRefused extends TokenRefused {
  constructor() {
    super('invalid_client', 'The client could not be authenticated.');
  }
}
