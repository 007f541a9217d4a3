import { readFile } from 'node:fs/promises';
import { PlatformModule, readConfig } from '@acci/api';
import { compareWithLock, explainLock, registryOf, type EventLock } from '@acci/event-store/testing';

it('locks the schema of every event that the server may have stored', async () => {
  const urls = { app: '', system: '', owner: '' };
  const registry = await registryOf(PlatformModule.forRoot(readConfig({}), { urls }, 'test'));
  const lock = JSON.parse(
    await readFile(new URL('../events.lock.json', import.meta.url), 'utf8'),
  ) as EventLock;
  expect(Object.keys(lock)).toEqual(
    expect.arrayContaining(['tenancy.tenant.created@1', 'auth.api_key.created@1']),
  );
  expect(explainLock(compareWithLock(registry, lock))).toBe('');
});
