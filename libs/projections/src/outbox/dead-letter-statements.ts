import { prepared } from '@acci/database';

/** A row of `acci.dead_letters`. */
export interface DeadLetterRow {
  readonly id: string;
  readonly reaction: string;
  readonly lane: string;
  readonly number: string;
  readonly kind: 'event' | 'timer' | 'command';
  readonly name: string;
  readonly stream_type: string | null;
  readonly stream_id: string | null;
  readonly version: number | null;
  readonly attempts: number;
  readonly error: string;
  readonly failed_at: Date;
  readonly status: 'open' | 'retrying' | 'discarded';
  readonly settled_by: string | null;
  readonly reason: string | null;
  readonly settled_at: Date | null;
  /** What waits behind it in its stream or process. */
  readonly waiting: number;
}

/** The most that is counted of what waits behind a dead letter. */
export const waitingLimit = 1_000;

const columns = `id, reaction, lane, number, kind, name, stream_type, stream_id, version, attempts, error, failed_at, status,
       settled_by, reason, settled_at,
       case when status = 'discarded' then 0 else (
         select count(*)::int from (
           select from acci.reaction_deliveries as b
            where b.tenant_id = d.tenant_id and b.reaction = d.reaction and b.lane = d.lane and b.number <> d.number
              and b.due_at <= now()
            limit ${waitingLimit})) end as waiting`;

const selectFitting = `
  select ${columns} from acci.dead_letters as d
   where tenant_id = $1 and ($2::text is null or status = $2) and ($3::text is null or reaction = $3)`;

export const findDeadLetters = prepared(`${selectFitting} and id = any ($4::uuid[])`);

export const selectDeadLetters = prepared(`${selectFitting}
     and ($4::uuid is null or id > $4)
   order by id limit $5`);

export const selectEverywhere = prepared(`
  select tenant_id, ${columns} from acci.dead_letters as d
   where ($1::uuid is null or tenant_id = $1) and ($2::text is null or status = $2) and ($3::text is null or reaction = $3)
     and ($4::uuid is null or id > $4) and ($6::uuid[] is null or id = any ($6))
   order by id limit $5`);

export const selectDeadLetter = prepared(
  `select ${columns} from acci.dead_letters as d where tenant_id = $1 and id = $2`,
);

/** Locks it as well: of two who settle it, the other finds it settled. */
export const settleDeadLetter = prepared(`
  update acci.dead_letters set status = $3, settled_by = $4, reason = $5, settled_at = clock_timestamp()
   where tenant_id = $1 and id = $2 and status = 'open'
  returning reaction, lane, number, kind, name, attempts`);
