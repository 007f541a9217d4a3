import { uuidv7 } from '@acci/database';
import { defineEvent, personal, type RecordedEvent } from '@acci/event-store';
import { z } from 'zod';
import { happened } from '../testing.js';
import { refusePersonalValues } from './refuse-personal-values.js';

const Joined = defineEvent({
  type: 'club.member.joined',
  version: 1,
  schema: z.object({
    memberId: z.string(),
    email: personal(z.string(), { of: 'memberId', forgotten: '' }),
    notes: z.array(z.object({ text: personal(z.string(), { of: 'memberId', forgotten: '' }) })),
    colour: z.string(),
  }),
});
const event = happened(
  Joined.of({
    memberId: 'm-1',
    email: 'ada@example.com',
    notes: [{ text: 'likes tea' }, { text: 'green' }, { text: 'to' }],
    colour: 'green',
  }),
  { tenantId: uuidv7(), streamId: 'club-1' },
) as unknown as RecordedEvent;
const refuse = (kept: unknown) => () => refusePersonalValues('club.welcome', [Joined], event, kept);

it.each([
  { email: 'ada@example.com' },
  ['Dear ada@example.com!'],
  { commands: [{ input: { note: 'She likes tea' } }] },
])('a process does not keep %j', (kept) => {
  expect(refuse(kept)).toThrow('club.welcome would keep a personal value of club.member.joined in clear');
});

it.each([{ memberId: 'm-1' }, { colour: 'green' }, { step: 'to do' }, null])('may be kept: %j', (kept) => {
  expect(refuse(kept)).not.toThrow();
});
