import { Client } from 'pg';
import { uuidv7 } from '@acci/database';
import type { TestDatabase } from '@acci/database/testing';
import { Account } from '../fixtures/account.js';
import { bankStore, createTestDatabase } from '../fixtures/bank.js';
import type { EventStore } from '../index.js';
import { testContext } from '../testing/context.js';

const platformTenant = '00000000-0000-7000-8000-000000000000';

let db: TestDatabase;
let store: EventStore;
beforeAll(async () => {
  db = await createTestDatabase();
  store = bankStore(db.database);
});
afterAll(() => db.close());

async function open(tenantId: string, id: string = uuidv7()): Promise<string> {
  await store.save(testContext({ tenantId }), Account.open(id, uuidv7()));
  return id;
}

/** Runs a statement as a role, inside a tenant, and undoes it. */
async function attempt(
  role: 'app' | 'system' | 'owner' | 'admin',
  tenantId: string,
  sql: string,
): Promise<number> {
  const client = new Client({ connectionString: db.urls[role] });
  await client.connect();
  try {
    await client.query('begin');
    await client.query(`select set_config('acci.tenant_id', $1, true)`, [tenantId]);
    return (await client.query(sql)).rowCount ?? 0;
  } finally {
    await client.end();
  }
}

describe('the event log is append-only', () => {
  const statements = [
    `update acci.events set data = '{}'`,
    `update acci.events set data = '{}' where false`,
    'delete from acci.events',
    'truncate acci.events',
    `insert into acci.events select * from acci.events on conflict (tenant_id, stream_id, version) do update set data = '{}'`,
  ];
  const roles = ['app', 'system', 'owner', 'admin'] as const;

  it.each(roles.flatMap((role) => statements.map((sql) => [role, sql] as const)))(
    '%s: %s',
    async (role, sql) => {
      const tenantId = uuidv7();
      await open(tenantId);
      // 42501: no privilege, or our trigger; 428C9: an explicit value for the identity column.
      await expect(attempt(role, tenantId, sql)).rejects.toMatchObject({
        code: expect.stringMatching(/^(42501|428C9)$/),
      });
    },
  );

  it('system cannot append at all', async () => {
    const sql = `insert into acci.events (tenant_id, stream_type, stream_id, version, event_id, type, schema_version, data, metadata)
                 values ('${uuidv7()}', 'a.b', 'c', 1, gen_random_uuid(), 'a.b.c', 1, '{}', '{}')`;
    await expect(attempt('system', uuidv7(), sql)).rejects.toMatchObject({ code: '42501' });
  });

  it('the triggers fire in a session that plays a replica as well', async () => {
    const tenantId = uuidv7();
    await open(tenantId);
    const sql = 'set local session_replication_role = replica; delete from acci.events';
    await expect(attempt('admin', tenantId, sql)).rejects.toThrow(/append-only/);
  });
});

function declare(tenant: string): string {
  return `insert into acci.tenant_erasures (erased_tenant) values ('${tenant}')`;
}

describe('an erased tenant', () => {
  it('is deleted by the owner alone, and no other tenant with it', async () => {
    const [erased, spared] = [uuidv7(), uuidv7()];
    await Promise.all([open(erased), open(erased), open(spared)]);
    await db.database.queryAsSystem('erase', 'insert into acci.tenant_erasures (erased_tenant) values ($1)', [
      erased,
    ]);

    expect(await attempt('owner', erased, 'delete from acci.events')).toBe(2);
    await expect(attempt('owner', spared, 'delete from acci.events')).rejects.toThrow(/append-only/);
    for (const role of ['app', 'system', 'admin'] as const) {
      const all = `delete from acci.events where tenant_id = '${erased}'`;
      await expect(attempt(role, erased, all)).rejects.toMatchObject({ code: '42501' });
    }
  });

  it('goes from the platform too, with its own stream and nothing else', async () => {
    const [erased, spared] = [uuidv7(), uuidv7()];
    await open(platformTenant, erased);
    await open(platformTenant, spared);
    // A stream that merely has the erased tenant's id, in another tenant.
    const other = uuidv7();
    await open(other, erased);
    await db.database.queryAsSystem('erase', 'insert into acci.tenant_erasures (erased_tenant) values ($1)', [
      erased,
    ]);

    const remove = `delete from acci.events where stream_id = '${erased}'`;
    expect(await attempt('owner', platformTenant, remove)).toBe(1);
    await expect(attempt('owner', platformTenant, 'delete from acci.events')).rejects.toThrow(/append-only/);
    await expect(attempt('owner', other, remove)).rejects.toThrow(/append-only/);
  });

  it('can be declared by the system only, and never the platform', async () => {
    await expect(attempt('app', uuidv7(), declare(uuidv7()))).rejects.toMatchObject({ code: '42501' });
    await expect(attempt('system', '', declare(platformTenant))).rejects.toMatchObject({ code: '23514' });
    await expect(attempt('system', '', 'delete from acci.tenant_erasures')).rejects.toMatchObject({
      code: '42501',
    });
  });
});
