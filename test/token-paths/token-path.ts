import { bearer, type House, password, type Somebody, type State } from './house.js';

/** Somebody who has all that they need to come by a token. */
interface Ready {
  /** Whose state it is that counts. */
  readonly who: Somebody;
  /** What happens once the state is reached, as if it had been on its way. */
  readonly late?: () => Promise<unknown>;
  readonly ask: () => Promise<Response>;
}

/** One way to come by a token, a key, or a password. */
export interface TokenPath {
  readonly operation: string;
  readonly way: string;
  /** The code, or `error`, that refuses, by what has become of who asks, or of whom the token would be for. */
  readonly refused: Partial<Record<State, string>>;
  /** False for what shows or changes something else. */
  readonly stores: boolean;
  readonly ready: (tenantId: string) => Promise<Ready>;
}

/** A row of the table. */
export const path = (
  operation: string,
  way: string,
  refused: TokenPath['refused'],
  ready: TokenPath['ready'],
  stores = true,
): TokenPath => ({ operation, way, refused, ready, stores });

/** As a user in a session. */
export const inSession =
  (house: House, operation: string, body?: object, roleId?: string): TokenPath['ready'] =>
  async (tenantId) => {
    const needsPassword = body !== undefined && JSON.stringify(body).includes(password);
    const who = needsPassword ? await house.userWithPassword(tenantId) : await house.user(tenantId, roleId);
    const headers = bearer(await house.session(who));
    return { who, ask: () => house.ask(operation, headers, body) };
  };

/** What refuses those who are known, by what has become of their tenant. */
export const tenantStates = {
  suspended: 'tenancy.tenant.suspended',
  scheduled: 'tenancy.tenant.deletion_scheduled',
} as const;
/** What refuses credentials that are good no more. */
export const invalid = 'auth.credentials.invalid';
/** What refuses a user, by what has become of them. */
export const usersOut = (locked: string, deactivated = locked, deleted = deactivated) => ({
  locked,
  deactivated,
  deleted,
});
/** In a session, or with a key, that died with its user. */
export const asUser = { ...usersOut(invalid), ...tenantStates };
const nobodysTenant = (code: string) => ({ suspended: code, scheduled: code });
/** Nobody is told, before they are in, what has become of them or of their tenant. */
export const noLogin = { ...usersOut('auth.login.failed'), ...nobodysTenant('auth.login.failed') };
/** What refuses a link that opens nothing. */
export const used = 'auth.one_time_token.invalid';
/** With a link that died with its user. */
export const byLink = { ...usersOut(used), ...tenantStates };
/** What refuses a service account, by what has become of it. */
export const robotsOut = (disabled: string, removed = disabled) => ({ disabled, removed });
/** As OAuth 2.0 refuses a client, whatever has become of it. */
export const noClient = { ...robotsOut('invalid_client'), ...nobodysTenant('invalid_client') };
