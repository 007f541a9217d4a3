import { prepared, type Transaction } from '@acci/database';
import {
  formatPosition,
  parsePosition,
  type EventStore,
  type Position,
  type RecordedEvent,
} from '@acci/event-store';
import type { Delivery, Writes } from '../reaction/reaction.js';
import type { SubscriptionOptions } from './subscription.js';

/** What is still to be delivered again. It is kept as JSON, in a delivery of its own. */
export interface ReplayRest {
  /** As `formatPosition` writes it. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly stream?: { readonly type: string; readonly id: string } | undefined;
}

/** A replay waits in this lane, and the name of its deliveries. */
export const replayLane = (id: string): string => `acci.replay/${id}`;
const replayName = 'acci.replay';

// A few at a time: what is noted for a stream keeps its worker waiting until the commit.
const stepSize = 200;

const askForRest = prepared(`
  with lane as (
    insert into acci.reaction_lanes (tenant_id, reaction, lane, due_at) values ($1, $2, $3, clock_timestamp())
    on conflict (tenant_id, reaction, lane) do update set due_at = excluded.due_at
    returning 1)
  insert into acci.reaction_deliveries (tenant_id, reaction, lane, kind, name, data)
  select $1, $2, $3, 'command', '${replayName}', $4::json from lane`);

const addAgain = prepared(`
  with lane as (
    insert into acci.reaction_lanes as l (tenant_id, reaction, lane, due_at) values ($1, $2, $3, clock_timestamp())
    on conflict (tenant_id, reaction, lane) do update
       set due_at = case when l.dead or l.attempts > 0 then l.due_at else excluded.due_at end
    returning 1)
  insert into acci.reaction_deliveries (tenant_id, reaction, lane, kind, stream_type, stream_id, version, part, name)
  select $1, $2, $3, 'event', $4, $5, $6, $7, $8 from lane`);

/** Notes that events are to be delivered again, for whoever knows the subscription: this program need not. */
export function askForReplay(
  tx: Transaction,
  {
    tenantId,
    reaction,
    lane,
  }: { readonly tenantId: string; readonly reaction: string; readonly lane: string },
  rest: ReplayRest,
): void {
  tx.execute(askForRest, [tenantId, reaction, lane, JSON.stringify(rest)]);
}

/** Takes a replay a step further: the next events are added to their lanes in one transaction with what is left then. */
export async function replayStep(
  store: EventStore,
  { name, events }: SubscriptionOptions,
  laneOf: (event: RecordedEvent) => string,
  { tenantId, lane, data }: Delivery,
): Promise<Writes> {
  const { from, to, stream } = data as ReplayRest;
  const types = events.map(({ type }) => type);
  const selection = { tenantId, types, from: placeOf(from), to: placeOf(to), ...(stream && { stream }) };
  const enough = new AbortController();
  const found: RecordedEvent[] = [];
  const take = (batch: readonly RecordedEvent[]) => {
    found.push(...batch);
    enough.abort();
  };
  const { done, position } = await store.replay(selection, take, {
    batchSize: stepSize,
    signal: enough.signal,
  });
  return (tx) => {
    for (const event of found) {
      const { streamType, streamId, version, part = 0, type } = event;
      tx.execute(addAgain, [tenantId, name, laneOf(event), streamType, streamId, version, part, type]);
    }
    const rest = { from: position && formatPosition(position), to, stream };
    if (!done) askForReplay(tx, { tenantId, reaction: name, lane }, rest);
  };
}

function placeOf(text: string | undefined): Position | undefined {
  return text === undefined ? undefined : parsePosition(text);
}
