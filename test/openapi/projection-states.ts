import type { TestDatabase } from '@acci/database/testing';

/** What the newest build of a projection, and the one share of the first, can be found in. */
interface Found {
  readonly build?: 'filling' | 'serving';
  readonly share?: 'running' | 'paused' | 'halted' | 'off';
}

const failure = {
  position: '1.7421.98',
  eventId: '019a8f3e-7c2b-7d4e-9f10-3b5a6c7d8ea0',
  eventType: 'shop.order.placed',
  tenantId: '019a8f3e-7c2b-7d4e-9f10-3b5a6c7d8e9f',
  message: 'Error: no such customer',
  failedAt: '2026-01-31T09:30:00.000Z',
};

let made = 0;

/**
 * Makes a projection that this server's program does not have, so that nobody runs it, and gives its name. Its own
 * are all inline: there is nothing to pause about them.
 */
export async function aProjection(db: TestDatabase, { build = 'serving', share = 'running' }: Found = {}) {
  made += 1;
  const name = `shop.list-${made}`;
  await db.admin(`insert into acci.projections (name, lifecycle) values ($1, 'async')`, [name]);
  await db.admin(
    `insert into acci.projection_builds (projection, build, version, status, shares)
     select $1, build, 1, status, 1 from (values (1, 'serving'), (2, 'filling')) as builds (build, status)
      where status in ('serving', $2)`,
    [name, build],
  );
  const own = share === 'off' ? failure.tenantId : null;
  await db.admin(`insert into acci.projection_shares (projection, build, share) values ($1, 1, '0')`, [name]);
  if (own !== null)
    await db.admin(
      `insert into acci.projection_shares (projection, build, share, of_tenant, status) values ($1, 1, $2, $3, 'off')`,
      [name, own, own],
    );
  else
    await db.admin(
      `update acci.projection_shares set status = $2, last_error = case $2 when 'halted' then $3::json end
        where projection = $1`,
      [name, share, JSON.stringify(failure)],
    );
  return name;
}
