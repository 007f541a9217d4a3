import pg from 'pg';

/** Passwords for the three logins, where the roles log in themselves. */
export interface RolePasswords {
  readonly owner: string;
  readonly app: string;
  readonly system: string;
}

const roles = ['acci_owner', 'acci_app', 'acci_system'] as const;

/**
 * Creates `acci_owner`, `acci_app` and `acci_system`, none of them superuser, none bypassing row-level security,
 * and lets the login that runs this take each of them. Safe to repeat and to run from several replicas at once.
 *
 * @param adminUrl connection string of a login with CREATEROLE.
 * @param passwords when given, the roles may log in with them; without, they are only taken by other logins.
 * @throws {pg.DatabaseError} `42501` when the login may not create roles and they are not there yet.
 */
export async function ensureRoles(adminUrl: string, passwords?: RolePasswords): Promise<void> {
  await withClient(adminUrl, async (client) => {
    for (const role of roles) await createRole(client, role);
    if (passwords) {
      await setPassword(client, 'acci_owner', passwords.owner);
      await setPassword(client, 'acci_app', passwords.app);
      await setPassword(client, 'acci_system', passwords.system);
    }
    // The projection runner narrows its transaction to one tenant by taking acci_app. NOINHERIT: it must ask.
    await grantRole(client, 'acci_app', 'acci_system');
    const { rows } = await client.query<{ me: string }>('select current_user as me');
    const me = rows[0]?.me ?? '';
    if (!roles.includes(me as (typeof roles)[number])) {
      for (const role of roles) await grantRole(client, role, me);
    }
  });
}

/**
 * Gives a database to `acci_owner` to migrate, lets the runtime roles connect, and takes from everyone else what
 * PostgreSQL grants by default. Safe to repeat.
 *
 * @param adminUrl connection string, to the database in question, of its owner or of a superuser.
 */
export async function prepareDatabase(adminUrl: string): Promise<void> {
  await withClient(adminUrl, async (client) => {
    const { rows } = await client.query<{ name: string }>('select current_database() as name');
    const database = client.escapeIdentifier(rows[0]?.name ?? '');
    await client.query(`revoke all on database ${database} from public`);
    await client.query('revoke create on schema public from public');
    await client.query(`grant connect, create, temporary on database ${database} to acci_owner`);
    await client.query(`grant connect on database ${database} to acci_app, acci_system`);
    await client.query('grant usage, create on schema public to acci_owner');
    // Here and not in a migration: TypeORM keeps its list of migrations in it.
    await client.query('create schema if not exists acci authorization acci_owner');
  });
}

async function createRole(client: pg.Client, role: string): Promise<void> {
  const { rowCount } = await client.query('select from pg_roles where rolname = $1', [role]);
  if (rowCount) return;
  await client
    .query(
      `create role ${role} nosuperuser nobypassrls nocreatedb nocreaterole noreplication noinherit nologin`,
    )
    .catch(ignoring('42710', '23505'));
}

async function setPassword(client: pg.Client, role: string, password: string): Promise<void> {
  await retryingConcurrentUpdate(() =>
    client.query(`alter role ${role} login password ${client.escapeLiteral(password)}`),
  );
}

async function grantRole(client: pg.Client, role: string, member: string): Promise<void> {
  const { rows } = await client.query<{ has: boolean }>(
    `select exists (select from pg_auth_members m where m.roleid = $1::regrole and m.member = $2::regrole) as has`,
    [role, client.escapeIdentifier(member)],
  );
  if (rows[0]?.has) return;
  await retryingConcurrentUpdate(() => client.query(`grant ${role} to ${client.escapeIdentifier(member)}`));
}

/** Role catalogues have no lock that waits: whoever comes second in the same instant is told so and asks again. */
async function retryingConcurrentUpdate(run: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await run();
      return;
    } catch (error) {
      const concurrent = /tuple concurrently updated|duplicate key/.test(String(error));
      if (!concurrent || attempt === 5) throw error;
    }
  }
}

function ignoring(...codes: string[]): (error: { code?: string }) => void {
  return (error) => {
    if (!codes.includes(error.code ?? '')) throw error;
  };
}

async function withClient(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on('error', () => {});
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
