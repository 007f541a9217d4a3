import { prepared } from '@acci/database';

/** A row of `acci.processes`. */
export interface ProcessRow {
  readonly id: string;
  readonly version: number;
  readonly status: 'running' | 'completed';
  readonly state: unknown;
  readonly correlation_id: string;
  readonly began_at: Date;
  readonly updated_at: Date;
}

export const selectProcess = prepared(`
  select id, version, status, state, correlation_id, began_at, updated_at
    from acci.processes where tenant_id = $1 and process = $2 and id = $3`);

export const saveProcess = prepared(`
  insert into acci.processes (tenant_id, process, id, version, status, state, correlation_id)
  values ($1, $2, $3, $4, $5, $6, $7)
  on conflict (tenant_id, process, id) do update
     set version = excluded.version, status = excluded.status, state = excluded.state,
         updated_at = clock_timestamp()`);

export const insertCommand = prepared(`
  insert into acci.reaction_deliveries (tenant_id, reaction, lane, kind, name, data)
  values ($1, $2, $3, 'command', $4, $5)`);

/** Those that were sent after one that was refused. */
export const removeCommands = prepared(`
  delete from acci.reaction_deliveries where tenant_id = $1 and reaction = $2 and lane = $3 and kind = 'command'`);

export const setTimer = prepared(`
  insert into acci.reaction_deliveries (tenant_id, reaction, lane, kind, name, data, due_at)
  values ($1, $2, $3, 'timer', $4, $5, coalesce($6::timestamptz, clock_timestamp() + $7::interval))
  on conflict (tenant_id, reaction, lane, name) where kind = 'timer' do update
     set data = excluded.data, due_at = excluded.due_at`);

export const removeTimer = prepared(`
  delete from acci.reaction_deliveries
   where tenant_id = $1 and reaction = $2 and lane = $3 and kind = 'timer' and name = $4`);

export const removeTimers = prepared(`
  delete from acci.reaction_deliveries where tenant_id = $1 and reaction = $2 and lane = $3 and kind = 'timer'`);
