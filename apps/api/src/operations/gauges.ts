import type { Database } from '@acci/database';
import type { GaugeSource } from '@acci/observability';
import type { Projections } from '@acci/projections';

/** What Prometheus is told of the database's pools and of the projections. */
export function gauges(database: Database, projections: Projections): GaugeSource[] {
  // Three gauges, one question per scrape.
  let asked: ReturnType<Projections['status']> | undefined;
  const status = () => (asked ??= projections.status().finally(() => (asked = undefined)));
  const byProjection =
    (value: (state: Awaited<ReturnType<Projections['status']>>[number]) => number) => async () =>
      (await status()).map((state) => ({
        value: value(state),
        labels: { projection: state.name },
      }));
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
      name: 'acci_projection_halted',
      help: '1 while a projection is halted by an event that its handler cannot take.',
      labelNames: ['projection'],
      collect: byProjection(({ status }) => (status === 'halted' ? 1 : 0)),
    },
  ];
}
