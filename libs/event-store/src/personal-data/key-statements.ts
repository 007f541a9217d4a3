import { prepared } from '@acci/database';

/** A destruction, or nothing but where to ask from the next time. */
export interface DestructionRow {
  /** Transactions before this one have ended: what they destroyed is in this answer or in an earlier one. */
  readonly horizon: string;
  readonly epoch: number;
  readonly tenant_id: string | null;
  readonly subject: string | null;
}

export const selectDestructions = prepared(`
  select here.horizon, here.epoch, gone.tenant_id, gone.subject
    from (select pg_snapshot_xmin(pg_current_snapshot())::text as horizon, acci.current_epoch() as epoch) as here
    left join (
      select tenant_id, subject from acci.forgotten_subjects where transaction >= $1::text::xid8
       union all
      select erased_tenant, null from acci.tenant_erasures where transaction >= $1::text::xid8
    ) as gone on true`);

/** A wanted subject and its key, if there is one. */
export interface SubjectKeyRow {
  readonly tenant_id: string;
  readonly subject: string;
  /** False if nothing personal was ever stored about the subject, and it was not forgotten. */
  readonly known: boolean;
  readonly erased: boolean;
  /** Null, both, once the subject is forgotten. */
  readonly tenant_key: number | null;
  readonly wrapped: Buffer | null;
}

export const selectSubjectKeys = prepared(`
  select wanted.tenant_id, wanted.subject, key.subject is not null as known, key.tenant_key, key.wrapped,
         exists (select from acci.tenant_erasures where erased_tenant = wanted.tenant_id) as erased
    from unnest($1::uuid[], $2::text[]) as wanted (tenant_id, subject)
    left join acci.subject_keys as key using (tenant_id, subject)`);

/** Keys for subjects that have none. Who was forgotten has a row, and so gets none. */
export const insertSubjectKeys = prepared(`
  insert into acci.subject_keys (tenant_id, subject, tenant_key, wrapped)
  select new.tenant_id, new.subject, new.tenant_key, new.wrapped
    from unnest($1::uuid[], $2::text[], $3::int[], $4::bytea[]) as new (tenant_id, subject, tenant_key, wrapped)
   order by 1, 2
  on conflict do nothing`);

/** A tenant's key in one version. A null master key: the tenant was purged, and the keys with it. */
export interface TenantKeyRow {
  readonly tenant_id: string;
  readonly version: number;
  readonly master_key_id: string | null;
  readonly wrapped: Buffer;
  readonly claims_key: Buffer;
}

const tenantKeyColumns = 'tenant_id, version, master_key_id, wrapped, claims_key';

export const selectTenantKeys = prepared(
  `select ${tenantKeyColumns} from acci.tenant_keys where tenant_id = $1 order by version`,
);

export const insertTenantKey = prepared(`
  insert into acci.tenant_keys (${tenantKeyColumns})
  select $1::uuid, $2::int, $3::text, $4::bytea, $5::bytea
   where not exists (select from acci.tenant_erasures where erased_tenant = $1::uuid)
  on conflict do nothing`);

/** One tenant key for each master key in use. */
export const selectOfEachMasterKey = prepared(`
  select distinct on (master_key_id) ${tenantKeyColumns}
    from acci.tenant_keys where master_key_id is not null order by master_key_id`);

// Rotation. Every update names what it replaces: what was destroyed or replaced meanwhile stays as it is.

export const selectUnderOtherMasterKeys = prepared(`
  select ${tenantKeyColumns} from acci.tenant_keys
   where master_key_id <> $1 and (tenant_id, version) > ($2::uuid, $3::int)
   order by tenant_id, version limit $4`);

export const rewrapTenantKey = prepared(`
  update acci.tenant_keys set master_key_id = $4, wrapped = $5
   where tenant_id = $1 and version = $2 and wrapped = $3
  returning version`);

export const selectUnderOlderTenantKeys = prepared(`
  select tenant_id, subject, true as known, false as erased, tenant_key, wrapped
    from acci.subject_keys where tenant_id = $1 and tenant_key < $2 order by subject limit $3`);

export const rewrapSubjectKeys = prepared(`
  update acci.subject_keys as key set tenant_key = $2, wrapped = new.wrapped
    from unnest($3::text[], $4::bytea[], $5::bytea[]) as new (subject, replaced, wrapped)
   where key.tenant_id = $1 and key.subject = new.subject and key.wrapped = new.replaced`);

export const deleteOlderTenantKeys = prepared(
  'delete from acci.tenant_keys where tenant_id = $1 and version < $2',
);
