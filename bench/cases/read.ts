import { prepared } from '@acci/database';
import type { Comparison } from '../harness.ts';
import type { BenchDatabase } from '../bench-database.ts';

const rows = 1_000;

/** A row of the tenant by its key, under row-level security, against the same read with a plain WHERE. */
export async function tenantRead({ database, plain, tenantId }: BenchDatabase): Promise<Comparison> {
  await plain.query(
    `insert into bench.notes select $1, n, 'note ' || n from generate_series(0, ${rows - 1}) n on conflict do nothing`,
    [tenantId],
  );
  const ours = prepared('select id, body from bench.notes where id = $1');
  const text = 'select id, body from bench.notes where tenant_id = $1 and id = $2';
  return {
    name: 'read by key under RLS, one round trip',
    unit: 'reads/s',
    target: 0.87,
    inFlight: 16,
    ours: (index) => database.readInTenant(tenantId, ours, [index % rows]),
    baseline: (index) => plain.query({ name: 'plain_read', text, values: [tenantId, index % rows] }),
  };
}
