import { prepared } from '@acci/database';

/** A row of `acci.reaction_deliveries`. The places of what is no event are null. */
export type DeliveryRow = {
  readonly number: string;
  readonly id: string;
  readonly kind: 'event' | 'timer' | 'command';
  readonly name: string;
  readonly data: unknown;
  readonly due_at: Date;
  /** True for a dead letter that is delivered again. */
  readonly retried: boolean;
} & (
  | {
      readonly stream_type: string;
      readonly stream_id: string;
      readonly version: number;
      readonly part: number;
    }
  | { readonly stream_type: null }
);

// now() and not clock_timestamp(), which no index is asked about.
export const takeLanes = prepared(`
  with free as (
    select l.*
      from unnest($1::text[], $2::int[]) as wanted (reaction, room)
     cross join lateral (
       select tenant_id, reaction, lane from acci.reaction_lanes
        where reaction = wanted.reaction and due_at <= now() and (lease_until is null or lease_until < now())
        order by due_at limit wanted.room
          for update skip locked) as l)
  update acci.reaction_lanes as l
     set lease_holder = $3, lease_until = clock_timestamp() + $4::interval, lease_generation = l.lease_generation + 1
    from free
   where l.tenant_id = free.tenant_id and l.reaction = free.reaction and l.lane = free.lane
  returning l.tenant_id, l.reaction, l.lane, l.lease_generation, l.attempts`);

// Not what is written to just now: that renews the lease itself.
export const renewLeases = prepared(`
  with mine as (
    select tenant_id, reaction, lane from acci.reaction_lanes where lease_holder = $1 for update skip locked)
  update acci.reaction_lanes as l set lease_until = clock_timestamp() + $2::interval
    from mine
   where l.tenant_id = mine.tenant_id and l.reaction = mine.reaction and l.lane = mine.lane`);

export const releaseLeases = prepared(
  'update acci.reaction_lanes set lease_holder = null, lease_until = null where lease_holder = $1',
);

export const holdLane = prepared('select acci.hold_lane($1, $2, $3, $4, $5::interval)');

const whereLane = 'tenant_id = $1 and reaction = $2 and lane = $3';
const isDue = 'due_at <= clock_timestamp()';

// A command comes before whatever else there is: it belongs to what has been handled already.
export const selectNext = prepared(`
  select number, id, kind, name, data, due_at, stream_type, stream_id, version, part,
         exists (select from acci.dead_letters as l where l.tenant_id = d.tenant_id and l.id = d.id) as retried
    from acci.reaction_deliveries as d where ${whereLane} and ${isDue}
   order by kind <> 'command', number limit 1`);

// The lane's row is locked, so nobody adds anything between this and the end of the transaction.
export const leaveIfDone = prepared(`
  update acci.reaction_lanes
     set lease_holder = null, lease_until = null,
         due_at = (select min(due_at) from acci.reaction_deliveries where ${whereLane})
   where ${whereLane} and not exists (select from acci.reaction_deliveries where ${whereLane} and ${isDue})`);

/** Fails if it is done already. */
export const finishDelivery = prepared('select acci.finish_delivery($1, $2, $3, $4)');

export const removeDelivery = prepared(
  `delete from acci.reaction_deliveries where ${whereLane} and number = $4`,
);

export const forgiveLane = prepared(
  `update acci.reaction_lanes set attempts = 0 where ${whereLane} and attempts > 0`,
);

export const postponeLane = prepared(`
  update acci.reaction_lanes
     set attempts = attempts + 1, due_at = clock_timestamp() + $4::interval, lease_holder = null, lease_until = null
   where ${whereLane}`);

export const closeLane = prepared(`
  update acci.reaction_lanes set dead = true, due_at = null, lease_holder = null, lease_until = null where ${whereLane}`);

export const insertDeadLetter = prepared(`
  insert into acci.dead_letters as d (tenant_id, reaction, lane, id, number, kind, name, stream_type, stream_id, version,
                                      attempts, error)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
  on conflict (tenant_id, id) do update
     set status = 'open', attempts = d.attempts + excluded.attempts, error = excluded.error,
         failed_at = excluded.failed_at, settled_by = null, reason = null, settled_at = null`);

/** One that was retried and has arrived. */
export const removeDeadLetter = prepared('delete from acci.dead_letters where tenant_id = $1 and id = $2');

/** Lets a lane go on: with the delivery that failed, or without it if that was removed. */
export const openLane = prepared(`
  update acci.reaction_lanes
     set dead = false, attempts = 0,
         due_at = (select min(due_at) from acci.reaction_deliveries where ${whereLane})
   where ${whereLane} and dead`);
