/** Which service account of which tenant somebody claims to be. */
export interface ClientAddress {
  readonly tenantId: string;
  readonly accountId: string;
}

const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}';
const pattern = new RegExp(`^(${uuid})\\.(${uuid})$`);

/** The `client_id` of a service account. It names the tenant too, as no request for a token does otherwise. */
export function clientIdOf({ tenantId, accountId }: ClientAddress): string {
  return `${accountId}.${tenantId}`;
}

/** Whose `client_id` it is; undefined for what is none. */
export function parseClientId(clientId: string): ClientAddress | undefined {
  const [, accountId, tenantId] = pattern.exec(clientId) ?? [];
  return accountId && tenantId ? { accountId, tenantId } : undefined;
}
