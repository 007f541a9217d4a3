import { Database } from '@acci/database';
import type { InjectionToken, Provider } from '@nestjs/common';
import { EventRegistry } from '../event/event-registry.js';
import { EventStore } from '../store/event-store.js';
import type { KeyProvider } from './key-provider.js';
import { KeyRing, type KeyCacheOptions } from './key-ring.js';
import { PersonalData } from './personal-data.js';
import { PersonalDataCipher } from './personal-data-cipher.js';
import { SubjectCipher } from './subject-cipher.js';

/** Where the keys of personal data come from, and how long they are kept in memory. */
export interface PersonalDataOptions {
  /** Holds the master key. Needed as soon as an event has a personal field. */
  readonly keyProvider?: KeyProvider;
  readonly keyCache?: KeyCacheOptions;
}

/** @param options where the module finds its {@link PersonalDataOptions}. */
export function personalDataProviders(options: InjectionToken): Provider[] {
  return [
    {
      provide: PersonalDataCipher,
      inject: [Database, options],
      useFactory: (database: Database, { keyProvider, keyCache }: PersonalDataOptions) =>
        new PersonalDataCipher(keyProvider && new KeyRing(database, keyProvider, keyCache)),
    },
    {
      provide: SubjectCipher,
      inject: [PersonalDataCipher],
      useFactory: (cipher: PersonalDataCipher) => new SubjectCipher(cipher),
    },
    {
      provide: PersonalData,
      inject: [Database, EventRegistry, EventStore, PersonalDataCipher],
      useFactory: (...args: ConstructorParameters<typeof PersonalData>) => new PersonalData(...args),
    },
  ];
}
