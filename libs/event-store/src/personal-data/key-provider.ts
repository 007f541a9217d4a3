/** A key that was wrapped by a master key. */
export interface WrappedKey {
  /** Which master key wrapped it. */
  readonly keyId: string;
  readonly bytes: Buffer;
}

/**
 * Holds master keys and never gives them away: it wraps and unwraps other keys. {@link LocalKeyFile} and
 * {@link EnvironmentKey} have them at hand; a vault or a hardware module comes in through the same door.
 *
 * @example
 * class VaultKeys implements KeyProvider {
 *   readonly currentKeyId = 'transit/acci';
 *   wrap = (key: Buffer, context: Buffer) => this.vault.encrypt(this.currentKeyId, key, context);
 *   unwrap = ({ keyId, bytes }: WrappedKey, context: Buffer) => this.vault.decrypt(keyId, bytes, context);
 * }
 */
export interface KeyProvider {
  /** The id of the master key that wraps from now on; it is stored with what it wrapped. */
  readonly currentKeyId: string;
  /** Wraps a key under the current master key, bound to a context that {@link unwrap} must be given again. */
  wrap(key: Buffer, context: Buffer): Promise<WrappedKey>;
  /**
   * Gives back what {@link wrap} was given.
   *
   * @throws {Error} for another context, changed bytes, or a master key that it does not have.
   */
  unwrap(wrapped: WrappedKey, context: Buffer): Promise<Buffer>;
}
