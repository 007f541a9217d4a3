import type { NewUser } from './user.state.js';

/** What must be known of somebody to make a user of them; all but the address may be left out. */
export interface PersonInput {
  readonly email: string;
  readonly userName?: string | null | undefined;
  /** Default: given and family name, or what stands before the `@`. */
  readonly displayName?: string | undefined;
  readonly givenName?: string | null | undefined;
  readonly familyName?: string | null | undefined;
  readonly department?: string | null | undefined;
  /** Language and region, BCP 47; default: the tenant's. */
  readonly locale?: string | null | undefined;
}

/** The person with everything that was left out. */
export function completePerson(input: PersonInput): NewUser {
  const {
    email,
    userName = null,
    givenName = null,
    familyName = null,
    department = null,
    locale = null,
  } = input;
  const fullName = [givenName, familyName].filter(Boolean).join(' ');
  const displayName = input.displayName ?? (fullName || email.slice(0, email.indexOf('@')));
  return { email, userName, displayName, givenName, familyName, department, locale };
}
