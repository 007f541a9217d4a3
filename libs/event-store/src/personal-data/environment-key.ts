import { MasterKeys } from './master-keys.js';

/**
 * Master keys that the app got from its environment: 32 random bytes as base64 (`openssl rand -base64 32`), or
 * several, separated by commas. The first one wraps; the others are older ones that still unwrap.
 *
 * @throws {MasterKeyUnusable} without repeating what it was given.
 * @example
 * EventStoreModule.forRoot({ keyProvider: new EnvironmentKey(config.ACCI_MASTER_KEY) })
 */
export class EnvironmentKey extends MasterKeys {
  constructor(text: string) {
    super(text.split(','));
  }
}
