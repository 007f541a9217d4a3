import type { ListServiceAccountsQuery } from '../service-account.schemas.js';

/** What a list of service accounts is filtered by. */
export type ServiceAccountFilter = Pick<ListServiceAccountsQuery, 'disabled' | 'name'>;

/** The condition of the rows that fit a filter, with the values of $1, $2 and $3. */
export const serviceAccountsThatFit = `tenant_id = $1::uuid
      and ($2::boolean is null or (disabled_at is not null) = $2)
      and ($3::text is null or name_key = lower($3))`;

/** The values of {@link serviceAccountsThatFit}. */
export function valuesOfFilter(tenantId: string, { disabled, name }: ServiceAccountFilter): unknown[] {
  return [tenantId, disabled ?? null, name ?? null];
}
