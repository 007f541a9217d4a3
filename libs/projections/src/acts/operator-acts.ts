import { Aggregate, defineEvent, unhandledEvent, type EventOf } from '@acci/event-store';
import { z } from 'zod';

const reason = z.string();
/** The tenant whom the act concerns alone. */
const tenant = z.uuid().optional();
const failure = z.object({
  position: z.string(),
  eventId: z.string(),
  eventType: z.string(),
  tenantId: z.string(),
  message: z.string(),
  failedAt: z.string(),
});

/** An operator stopped a projection where it was. */
export const ProjectionPaused = defineEvent({
  type: 'acci.projection.paused',
  version: 1,
  schema: z.object({ reason, tenant }),
});

/** An operator let a paused projection go on. */
export const ProjectionResumed = defineEvent({
  type: 'acci.projection.resumed',
  version: 1,
  schema: z.object({ reason, tenant }),
});

/** An operator let a halted projection try its event again. */
export const ProjectionRetried = defineEvent({
  type: 'acci.projection.retried',
  version: 1,
  schema: z.object({ reason, tenant }),
});

/** An operator let a halted projection go on without the events that it halted at. */
export const ProjectionEventSkipped = defineEvent({
  type: 'acci.projection.event_skipped',
  version: 1,
  schema: z.object({ reason, tenant, passedOver: z.array(failure) }),
});

/** An operator let a projection go on to a place in the log, to pause there. */
export const ProjectionRunTo = defineEvent({
  type: 'acci.projection.run_to',
  version: 1,
  schema: z.object({ reason, position: z.string() }),
});

/** An operator switched a projection off for a tenant: its rows are deleted, its events passed by. */
export const ProjectionSwitchedOff = defineEvent({
  type: 'acci.projection.switched_off',
  version: 1,
  schema: z.object({ reason, tenant: z.uuid() }),
});

/** An operator switched a projection on again for a tenant. */
export const ProjectionSwitchedOn = defineEvent({
  type: 'acci.projection.switched_on',
  version: 1,
  schema: z.object({ reason, tenant: z.uuid() }),
});

/** An operator had a projection's tables filled anew, or one tenant's rows in them. */
export const ProjectionRebuildRequested = defineEvent({
  type: 'acci.projection.rebuild_requested',
  version: 1,
  schema: z.object({ reason, tenant, build: z.int() }),
});

/** An operator gave up a filling of a projection's tables. */
export const ProjectionRebuildAborted = defineEvent({
  type: 'acci.projection.rebuild_aborted',
  version: 1,
  schema: z.object({ reason, build: z.int() }),
});

const events = [
  ProjectionPaused,
  ProjectionResumed,
  ProjectionRetried,
  ProjectionEventSkipped,
  ProjectionRunTo,
  ProjectionSwitchedOff,
  ProjectionSwitchedOn,
  ProjectionRebuildRequested,
  ProjectionRebuildAborted,
];

/** What an operator did to a projection; the actor is in the event's metadata. */
export type OperatorAct = EventOf<(typeof events)[number]>;

/** The framework's own: what the operators of a tenant did to one projection, whose name is the stream's id. */
export class OperatorActs extends Aggregate<OperatorAct> {
  static readonly streamType = 'acci.projection';
  static readonly events = events;

  note(act: OperatorAct): void {
    this.record(act);
  }

  protected apply(act: OperatorAct): void {
    if (!types.has(act.type)) unhandledEvent(act as never);
  }
}

const types: ReadonlySet<string> = new Set(events.map(({ type }) => type));
