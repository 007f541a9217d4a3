/** The columns of `acci.users` under the names, and in the form, of `UserResponse`: a row is an answer. */
export const userColumns = `id, email, user_name as "userName", display_name as "displayName",
         given_name as "givenName", family_name as "familyName", department, locale, status,
         ${isoTime('locked_at')} as "lockedAt", lock_reason as "lockReason",
         ${isoTime('email_verified_at')} as "emailVerifiedAt", version,
         ${isoTime('created_at')} as "createdAt", ${isoTime('updated_at')} as "updatedAt"`;

/** A point in time as ISO 8601 in UTC, with milliseconds: what `Date.toISOString` makes. */
export function isoTime(column: string): string {
  return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}
