/** The columns of `acci.tenant_directory` under the names, and in the form, of `TenantResponse`: a row is an answer. */
export const tenantColumns = `id, slug, name, plan, home_region as "homeRegion", settings, parent_id as "parentId", status,
         suspension_reason as "suspensionReason", deletion_reason as "deletionReason",
         ${isoTime('deletion_due_at')} as "deletionDueAt", version,
         ${isoTime('created_at')} as "createdAt", ${isoTime('updated_at')} as "updatedAt"`;

/** A point in time as ISO 8601 in UTC, with milliseconds: what `Date.toISOString` makes. */
export function isoTime(column: string): string {
  return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}
