import { prepared, type Database } from '@acci/database';
import { parsePosition, type Position } from '@acci/event-store';
import { ProjectionActRefused, ProjectionNotFound } from './projections.errors.js';
import {
  toState,
  type ProjectionCondition,
  type ProjectionRow,
  type ProjectionState,
} from './projection-state.js';

/** Who acts on a projection, and why. Both are kept. */
export interface By {
  /** As in the metadata of events, such as `user:<id>`. */
  readonly actor: string;
  readonly reason: string;
}

/** What an operator may do to an asynchronous projection. */
export type Act = 'pause' | 'resume' | 'retry' | 'skip' | 'rebuild';

/** Where an act leaves the projection. */
interface Outcome {
  readonly status: ProjectionRow['status'];
  readonly checkpoint: Position | undefined;
  readonly rebuilding?: boolean;
}

/** In which states an act makes sense, and where it leads from there. */
interface Rule {
  readonly from: readonly ProjectionCondition[];
  readonly to: (state: ProjectionState) => Outcome;
}

const rules: Record<Act, Rule> = {
  pause: { from: ['running', 'rebuilding'], to: ({ checkpoint }) => ({ status: 'paused', checkpoint }) },
  resume: { from: ['paused'], to: ({ checkpoint }) => ({ status: 'running', checkpoint }) },
  retry: { from: ['halted'], to: ({ checkpoint }) => ({ status: 'running', checkpoint }) },
  skip: { from: ['halted'], to: (state) => ({ status: 'running', checkpoint: failedEvent(state) }) },
  rebuild: {
    from: ['running', 'rebuilding', 'paused', 'halted'],
    to: () => ({ status: 'running', checkpoint: undefined, rebuilding: true }),
  },
};

const lockRow = prepared('select * from acci.projections where name = $1 for update');

// The generation grows: whoever works on the projection just now has its transaction undone, and begins anew from here.
const apply = prepared(`
  update acci.projections
     set status = $2, rebuilding = $3, epoch = $4, transaction = $5::text::xid8, position = $6,
         attempts = 0, last_error = null, lease_generation = lease_generation + 1,
         lease_holder = null, lease_until = null, updated_at = clock_timestamp()
   where name = $1`);

export const recordIntervention = prepared(`
  insert into acci.projection_interventions (projection, act, actor, reason, passed_over)
  values ($1, $2, $3, $4, $5::json)`);

/**
 * Does what an operator asks for, and writes down who asked and why, in one transaction.
 *
 * @throws {ProjectionNotFound}
 * @throws {ProjectionActRefused} if the projection is inline, or not in a state for it.
 */
export async function intervene(database: Database, name: string, act: Act, by: By): Promise<void> {
  await database.asSystem(`${act} ${name}`, async (tx) => {
    const [row] = await tx.query<ProjectionRow>(lockRow, [name]);
    if (!row) throw new ProjectionNotFound(name);
    const state = toState(row);
    if (state.lifecycle === 'inline') throw new ProjectionActRefused(act, name, 'it is part of every append');
    if (!rules[act].from.includes(state.status))
      throw new ProjectionActRefused(act, name, `it is ${state.status}`);
    const { status, checkpoint, rebuilding = row.rebuilding } = rules[act].to(state);
    const { epoch, transaction, position } = checkpoint ?? { epoch: null, transaction: null, position: null };
    tx.execute(apply, [name, status, rebuilding, epoch, transaction, position]);
    const passedOver = act === 'skip' ? JSON.stringify(state.lastError) : null;
    tx.execute(recordIntervention, [name, act, by.actor, by.reason, passedOver]);
  });
}

/** Everything before it was handled one by one: to move the checkpoint here passes over nothing else. */
function failedEvent({ name, lastError }: ProjectionState): Position {
  const failed = lastError && parsePosition(lastError.position);
  if (!failed) throw new ProjectionActRefused('skip', name, 'it is not known which event failed');
  return failed;
}
