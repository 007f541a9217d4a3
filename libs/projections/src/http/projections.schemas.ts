import { z } from 'zod';

const exampleTenant = '019a8f3e-7c2b-7d4e-9f10-3b5a6c7d8e9f';
const exampleTime = '2026-01-31T09:30:00.000Z';
const examplePosition = '1.7421.98';
const exampleError = {
  position: examplePosition,
  eventId: '019a8f3e-7c2b-7d4e-9f10-3b5a6c7d8ea0',
  eventType: 'shop.order.placed',
  tenantId: exampleTenant,
  message: 'error 23514: new row for relation "order_list" violates check constraint "total_is_positive"',
  failedAt: exampleTime,
};
const exampleRebuild = {
  build: 2,
  version: 3,
  status: 'filling',
  done: 0.42,
  eventsPerSecond: 31_250,
  secondsLeft: 18.6,
  beganAt: exampleTime,
  endedAt: null,
  lastError: null,
} as const;

const position = z
  .string()
  .nullable()
  .meta({ description: 'The last event handled, as events say it in `position`; null before the first.' });
const reason = z.string().trim().min(1).max(500).meta({ description: 'Why; kept in the event of the act.' });
const tenantId = z.uuid();

/** The path parameter that names a projection. */
export const ProjectionName = z
  .string()
  .max(200)
  .regex(/^[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)+$/, 'Not a name such as area.noun')
  .meta({ description: 'The projection’s name.', examples: ['tenancy.tenant-directory'] });

/** The path parameter that names a filling of a projection's tables. */
export const BuildNumber = z.coerce
  .number()
  .int()
  .min(1)
  .max(2_147_483_647)
  .meta({ description: 'The number of the build.', examples: [1] });

/** The body of an act on a projection. */
export const ProjectionAct = z
  .strictObject({
    reason,
    tenantId: tenantId.optional().meta({ description: 'Only this tenant; the others are left as they are.' }),
  })
  .meta({ id: 'ProjectionAct', examples: [{ reason: 'Ticket 4711' }] });
export type ProjectionAct = z.output<typeof ProjectionAct>;

/** The body of an act that cannot be for one tenant alone. */
export const WholeProjectionAct = z
  .strictObject({ reason })
  .meta({ id: 'WholeProjectionAct', examples: [{ reason: 'Ticket 4711' }] });
export type WholeProjectionAct = z.output<typeof WholeProjectionAct>;

/** The body of an act that is for one tenant alone. */
export const TenantProjectionAct = z
  .strictObject({ reason, tenantId })
  .meta({ id: 'TenantProjectionAct', examples: [{ reason: 'Not in their plan', tenantId: exampleTenant }] });
export type TenantProjectionAct = z.output<typeof TenantProjectionAct>;

/** The body of `POST /projections/{name}/run-to`. */
export const RunProjectionTo = z
  .strictObject({
    reason,
    position: z.string().max(60).meta({
      description: 'Where to pause again: the position of an event, or `Event-Position` of a write.',
    }),
  })
  .meta({
    id: 'RunProjectionTo',
    examples: [{ reason: 'To see it before the faulty order', position: examplePosition }],
  });
export type RunProjectionTo = z.output<typeof RunProjectionTo>;

/** Why an event could not be handled. */
const ProjectionFailureResponse = z
  .object({
    position: z.string(),
    eventId: z.string(),
    eventType: z.string(),
    tenantId: z.string(),
    message: z.string().meta({ description: 'The handler’s error, without the values of the event.' }),
    failedAt: z.iso.datetime(),
  })
  .meta({
    id: 'ProjectionFailure',
    description: 'Why an event could not be handled.',
    examples: [exampleError],
  });

/** How far a build is. */
export const RebuildResponse = z
  .object({
    build: z.int(),
    version: z.int().meta({ description: 'The version of the projection that fills.' }),
    status: z.enum(['filling', 'serving', 'retired', 'aborted']),
    done: z.number().min(0).max(1).meta({ description: '1 is the end of the log when it began.' }),
    eventsPerSecond: z.number().min(0),
    secondsLeft: z.number().min(0).nullable().meta({ description: 'Null while nothing can be said.' }),
    beganAt: z.iso.datetime(),
    endedAt: z.iso.datetime().nullable(),
    lastError: ProjectionFailureResponse.nullable().meta({
      description: 'What keeps it from its end: also an event that was skipped before it began.',
    }),
  })
  .meta({ id: 'ProjectionRebuild', examples: [exampleRebuild] });
export type RebuildResponse = z.output<typeof RebuildResponse>;

/** A share of a projection's tenants. */
const ShareResponse = z
  .object({
    share: z.string().meta({ description: 'The number of the bucket, or the tenant’s id.' }),
    tenantId: tenantId.nullable().meta({ description: 'The tenant that has this share for itself.' }),
    status: z.enum(['running', 'paused', 'halted', 'off']),
    position,
    stopAt: z.string().nullable().meta({ description: 'Where it is to pause.' }),
    attempts: z.int().meta({ description: 'How often the next event has failed.' }),
    lastError: ProjectionFailureResponse.nullable(),
    leaseHolder: z.string().nullable().meta({ description: 'The process that works on it.' }),
    leaseUntil: z.iso.datetime().nullable(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'ProjectionShare' });

const projection = {
  name: z.string(),
  lifecycle: z.enum(['inline', 'async']),
  tenants: z.enum(['all', 'chosen']).meta({
    description:
      'Whether it is for all tenants, unless it is switched off for one, or for chosen ones alone.',
  }),
  chosenTenants: z.int().nullable().meta({ description: 'How many were chosen; null where it is for all.' }),
  version: z.int().meta({ description: 'The version that serves.' }),
  build: z.int().meta({ description: 'The filling of its tables that serves.' }),
  status: z.enum(['running', 'rebuilding', 'paused', 'halted']).meta({
    description: 'The worst of its shares: halted as soon as one tenant is; the others go on.',
  }),
  position,
  lag: z.object({
    events: z.int().meta({ description: 'Events of the log not handled yet, counted up to 10,000.' }),
    seconds: z.number().meta({ description: 'The age of the first of them.' }),
  }),
  lastError: ProjectionFailureResponse.nullable(),
  leaseHolders: z.array(z.string()).meta({ description: 'The processes that work on it.' }),
  rebuild: RebuildResponse.nullable().meta({ description: 'The filling that is under way beside it.' }),
};
const exampleProjection = {
  name: 'shop.order-list',
  lifecycle: 'async',
  tenants: 'all',
  chosenTenants: null,
  version: 2,
  build: 1,
  status: 'halted',
  position: '1.7421.97',
  lag: { events: 12, seconds: 4.2 },
  lastError: exampleError,
  leaseHolders: ['worker-1/17/9b1c6a0e'],
  rebuild: exampleRebuild,
} as const;

/** A projection in a list. */
export const ProjectionItem = z.object(projection).meta({ id: 'Projection', examples: [exampleProjection] });

export type ProjectionItem = z.output<typeof ProjectionItem>;

/** The answer of `GET /projections`. */
export const ProjectionList = z
  .object({ items: z.array(ProjectionItem) })
  .meta({ id: 'ProjectionList', description: 'Every projection that the database knows, by name.' });
export type ProjectionList = z.output<typeof ProjectionList>;

/** A projection with its shares. */
export const ProjectionResponse = z
  .object({
    ...projection,
    shares: z.array(ShareResponse).meta({
      description: 'How its tenants are divided; one that halts or is rebuilt alone has a share of its own.',
    }),
  })
  .meta({
    id: 'ProjectionWithShares',
    examples: [
      {
        ...exampleProjection,
        shares: [
          {
            share: exampleTenant,
            tenantId: exampleTenant,
            status: 'halted',
            position: '1.7421.97',
            stopAt: null,
            attempts: 5,
            lastError: exampleError,
            leaseHolder: null,
            leaseUntil: null,
            updatedAt: exampleTime,
          },
        ],
      },
    ],
  });
export type ProjectionResponse = z.output<typeof ProjectionResponse>;

/** The answer of `POST /projections/{name}/rebuild`. */
export const RebuildRequested = z
  .object({
    projection: z.string(),
    build: z
      .int()
      .meta({ description: 'Ask for it at `/v1/projections/{name}/rebuilds/{build}`; also in `Location`.' }),
  })
  .meta({
    id: 'ProjectionRebuildRequested',
    examples: [{ projection: 'tenancy.tenant-directory', build: 2 }],
  });
export type RebuildRequested = z.output<typeof RebuildRequested>;
