import { readFile } from 'node:fs/promises';
import { expectShippedEvents, type ShippedStream } from '@acci/event-store/testing';
import { OwnerInvitations } from './owner-invitations.aggregate.js';

// The file is only ever added to: what is in it may be stored somewhere.
const file = new URL('./owner.shipped-events.json', import.meta.url);

it('reads every event of invited owners that was ever shipped, to the same end', async () => {
  const streams = JSON.parse(await readFile(file, 'utf8')) as ShippedStream[];
  await expect(expectShippedEvents(OwnerInvitations, streams)).resolves.toBeUndefined();
});
