/** The configured operator key could be guessed. Thrown at boot. */
export class OperatorKeyWeak extends Error {
  readonly code = 'auth.operator_key.weak';

  constructor(reason: string) {
    super(`The configured operator key ${reason}. Make one with: openssl rand -hex 32`);
    this.name = OperatorKeyWeak.name;
  }
}
