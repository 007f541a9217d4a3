import { join } from 'node:path';
import { EnvironmentKey, LocalKeyFile, type KeyProvider } from '@acci/event-store';
import type { Config } from './config.js';

/** The master key that the environment gives, or else the one in the data directory, made at the first start. */
export async function openMasterKey(config: Config): Promise<KeyProvider> {
  const { ACCI_MASTER_KEY: key, ACCI_DATA_DIR: directory } = config;
  return key === undefined ? LocalKeyFile.open(join(directory, 'master-key')) : new EnvironmentKey(key);
}
