import type { StreamMessage, StreamSource } from '@acci/rest';
import type { EventResponse } from '../http/events.schemas.js';
import { ChangedItems, type FollowedList } from './changed-items.js';

const added = (itemId: string, cursor?: string) => message('added', itemId, cursor);
const changed = (itemId: string, cursor?: string) => message('changed', itemId, cursor);

function message(type: string, itemId: string | undefined, cursor?: string): StreamMessage<EventResponse> {
  return { item: { streamId: 'parent', type, data: { itemId } } as EventResponse, cursor };
}

/** What is said of events of a list in which there is only what is called `here…`. */
async function told(messages: readonly StreamMessage<EventResponse>[]) {
  const events: StreamSource<EventResponse> = {
    cursor: 'start',
    read: () => Promise.resolve({ messages, cursor: 'end', more: false }),
    wait: (cursor) => Promise.resolve(cursor),
  };
  const list: FollowedList<{ name: string }> = {
    name: 'items',
    onlyChanging: ['changed'],
    idOf: ({ data }) => (data as { itemId?: string }).itemId,
    keyOf: ({ name }) => name,
    find: (ids) => Promise.resolve(ids.filter((id) => id.startsWith('here')).map((name) => ({ name }))),
  };
  return (await new ChangedItems(events, list).read('start')).messages;
}

it('tells of each item once, where it changed last', async () => {
  expect(await told([added('here', '1'), added('here too', '2'), changed('here', '3')])).toEqual([
    { item: { name: 'here too' }, cursor: '2' },
    { item: { name: 'here' }, cursor: '3' },
  ]);
});

it('says of what has left that it has, and nothing of what was never there', async () => {
  expect(await told([changed('elsewhere', '1'), changed('gone', '2'), added('gone', '3')])).toEqual([
    { removed: 'gone', cursor: '3' },
  ]);
  expect(await told([changed('elsewhere', '1'), message('added', undefined, '2')])).toEqual([]);
});

it('leaves no last message without a place, though the event that has it is about nothing here', async () => {
  expect(await told([added('here'), message('added', undefined, '1')])).toEqual([
    { item: { name: 'here' }, cursor: 'end' },
  ]);
});
