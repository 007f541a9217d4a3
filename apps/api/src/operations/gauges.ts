import type { Database } from '@acci/database';
import type { GaugeSource } from '@acci/observability';
import type {
  Projections,
  ProjectionStatus,
  ReactionBacklog,
  Reactions,
  RebuildProgress,
} from '@acci/projections';

/** What Prometheus is told of the database's pools, of projections and reactions, and of what holds them back. */
export function gauges(database: Database, projections: Projections, reactions: Reactions): GaugeSource[] {
  // Several gauges, one question per scrape.
  const status = oneAtATime(() => projections.status());
  const horizon = oneAtATime(() => projections.horizon());
  const backlog = oneAtATime(() => reactions.backlog());
  const byReaction = (value: (backlog: ReactionBacklog) => number) => async () =>
    (await backlog()).map((each) => ({ value: value(each), labels: { reaction: each.name } }));
  const byProjection = (value: (state: ProjectionStatus) => number) => async () =>
    (await status()).map((state) => ({ value: value(state), labels: { projection: state.name } }));
  const byRebuild = (value: (progress: RebuildProgress) => number) => async () =>
    (await status()).flatMap(({ name, rebuild }) =>
      rebuild ? [{ value: value(rebuild), labels: { projection: name } }] : [],
    );
  return [
    {
      name: 'acci_database_pool_connections',
      help: 'Connections of a pool by state; waiting are callers without one.',
      labelNames: ['pool', 'state'],
      collect: () =>
        Object.entries(database.stats()).flatMap(([pool, stats]) =>
          Object.entries(stats).map(([state, value]) => ({ value, labels: { pool, state } })),
        ),
    },
    {
      name: 'acci_projection_lag_events',
      help: 'Events of the log that a projection has not handled yet, counted up to 10,000.',
      labelNames: ['projection'],
      collect: byProjection(({ lag }) => lag.events),
    },
    {
      name: 'acci_projection_lag_seconds',
      help: 'Age of the oldest event that a projection has not handled yet.',
      labelNames: ['projection'],
      collect: byProjection(({ lag }) => lag.seconds),
    },
    {
      name: 'acci_projection_halted_shares',
      help: 'Shares of a projection that an event which its handler cannot take has halted.',
      labelNames: ['projection'],
      collect: byProjection(
        ({ shares, rebuild }) =>
          [...shares, ...(rebuild?.shares ?? [])].filter(({ status }) => status === 'halted').length,
      ),
    },
    {
      name: 'acci_projection_rebuild_ratio',
      help: 'How far the filling of tables is that is to replace those of a projection; none while there is no such.',
      labelNames: ['projection'],
      collect: byRebuild(({ done }) => done),
    },
    {
      name: 'acci_projection_rebuild_events_per_second',
      help: 'Events that a rebuild has handled per second since it began.',
      labelNames: ['projection'],
      collect: byRebuild(({ eventsPerSecond }) => eventsPerSecond),
    },
    {
      name: 'acci_horizon_events',
      help: 'Committed events that an open transaction keeps from all projections, counted up to 10,000.',
      collect: async () => [{ value: (await horizon()).events }],
    },
    {
      name: 'acci_horizon_seconds',
      help: 'Age of the oldest event that an open transaction keeps from all projections.',
      collect: async () => [{ value: (await horizon()).seconds }],
    },
    {
      name: 'acci_horizon_holder_seconds',
      help: 'How long a transaction or a replication slot has held back the event log, or vacuum; from 5 seconds on.',
      labelNames: ['kind', 'holds', 'pid', 'name', 'user', 'application'],
      collect: async () =>
        (await horizon()).holders.map(({ kind, holds, pid, name, user, application, ageSeconds }) => ({
          value: ageSeconds,
          labels: {
            kind,
            holds,
            pid: pid?.toString() ?? '',
            name: name ?? '',
            user: user ?? '',
            application: application ?? '',
          },
        })),
    },
    {
      name: 'acci_reaction_waiting',
      help: 'Streams or processes of a reaction in which something is due, counted up to 10,000.',
      labelNames: ['reaction'],
      collect: byReaction(({ waiting }) => waiting),
    },
    {
      name: 'acci_reaction_lag_seconds',
      help: 'For how long the first thing that a reaction has to do has been due.',
      labelNames: ['reaction'],
      collect: byReaction(({ seconds }) => seconds),
    },
    {
      name: 'acci_dead_letters',
      help: 'What a reaction could not do, and nobody has retried or discarded.',
      labelNames: ['reaction'],
      collect: byReaction(({ deadLetters }) => deadLetters),
    },
  ];
}

/** However many ask at the same time, the question is asked once. */
function oneAtATime<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | undefined;
  return () => (asked ??= ask().finally(() => (asked = undefined)));
}
