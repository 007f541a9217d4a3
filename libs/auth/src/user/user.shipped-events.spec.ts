import { readFile } from 'node:fs/promises';
import { expectShippedEvents, type ShippedStream } from '@acci/event-store/testing';
import { User } from './user.aggregate.js';

// The file is only ever added to: what is in it may be stored somewhere.
const file = new URL('./user.shipped-events.json', import.meta.url);

it('reads every event of a user that was ever shipped, to the same end', async () => {
  const streams = JSON.parse(await readFile(file, 'utf8')) as ShippedStream[];
  await expect(expectShippedEvents(User, streams)).resolves.toBeUndefined();
});
