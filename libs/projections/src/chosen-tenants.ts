import { prepared, type Database, type Transaction } from '@acci/database';
import type { ProjectionRegistry } from './projection-registry.js';
import type { ProjectionTenants } from './projection.js';
import { ProjectionRegistrationError } from './projections.errors.js';

const insertChoice = prepared(`
  insert into acci.projection_tenants (tenant_id, projection) values ($2::uuid, $1) on conflict do nothing`);

const deleteChoice = prepared(
  'delete from acci.projection_tenants where tenant_id = $2::uuid and projection = $1',
);

const selectChoice = prepared(
  'select from acci.projection_tenants where tenant_id = $2::uuid and projection = $1',
);

const selectChoicesOf = prepared(
  'select projection from acci.projection_tenants where tenant_id = $1::uuid and projection = any ($2::text[])',
);

const countChoices = prepared(
  'select projection, count(*)::int as tenants from acci.projection_tenants group by projection',
);

const selectOtherwise = prepared(`
  select b.projection, b.version, b.tenants
    from unnest($1::text[], $2::int[], $3::text[]) as declared(name, version, tenants)
    join acci.projection_builds as b
      on b.projection = declared.name and b.version = declared.version and b.tenants <> declared.tenants
   where b.status in ('filling', 'serving')
   limit 1`);

/** Whether a projection that is for chosen tenants is for this one; in the transaction that locked the projection. */
export async function isChosen(tx: Transaction, projection: string, tenantId: string): Promise<boolean> {
  return (await tx.query(selectChoice, [projection, tenantId])).length > 0;
}

/** Queues that a tenant is one of those that a projection is for. */
export function choose(tx: Transaction, projection: string, tenantId: string): void {
  tx.execute(insertChoice, [projection, tenantId]);
}

/** Queues that it is not any more. */
export function unchoose(tx: Transaction, projection: string, tenantId: string): void {
  tx.execute(deleteChoice, [projection, tenantId]);
}

/** Those of some projections that a tenant was chosen for. */
export async function chosenFor(
  database: Database,
  tenantId: string,
  projections: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await database.queryAsSystem<{ projection: string }>(
    'ask which projections a tenant has',
    selectChoicesOf,
    [tenantId, projections],
  );
  return new Set(rows.map(({ projection }) => projection));
}

/** How many tenants were chosen for each projection that any was chosen for. */
export async function countChosen(database: Database): Promise<ReadonlyMap<string, number>> {
  const rows = await database.queryAsSystem<{ projection: string; tenants: number }>(
    'count the tenants of projections',
    countChoices,
  );
  return new Map(rows.map(({ projection, tenants }) => [projection, tenants]));
}

/**
 * A version is for all tenants or for chosen ones: two programs that disagree would fill the same rows in two ways.
 *
 * @throws {ProjectionRegistrationError} naming a projection that the database has otherwise.
 */
export async function assertTenantsAsDeclared(
  database: Database,
  registry: ProjectionRegistry,
): Promise<void> {
  const known = registry.list();
  const [other] = await database.queryAsSystem<{
    projection: string;
    version: number;
    tenants: ProjectionTenants;
  }>('compare the tenants of projections', selectOtherwise, [
    known.map(({ name }) => name),
    known.map(({ version }) => version),
    known.map(({ tenants }) => tenants),
  ]);
  if (other)
    throw new ProjectionRegistrationError(
      `${other.projection} version ${other.version} is for ${other.tenants} tenants in the database: to change that, raise the version`,
    );
}
