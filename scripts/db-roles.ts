import { parseArgs } from 'node:util';
import { ensureRoles, prepareDatabase } from '@acci/database';

// `npm run db:roles`: makes the three roles on a managed server and gives them the database, once, by a login that
// may. Passwords come by environment, so that they stay out of the shell's history.
const usage = `npm run db:roles -- --admin-url postgres://admin:…@host/database

Creates acci_owner, acci_app and acci_system and prepares the database for them. Safe to repeat.
Set ACCI_OWNER_PASSWORD, ACCI_APP_PASSWORD and ACCI_SYSTEM_PASSWORD to let the roles log in themselves; without
them, the login of --admin-url takes the roles.`;

const { values } = parseArgs({ options: { 'admin-url': { type: 'string' }, help: { type: 'boolean' } } });
const adminUrl = values['admin-url'] ?? process.env['DATABASE_OWNER_URL'] ?? process.env['DATABASE_URL'];
if (values.help || !adminUrl) {
  console.log(usage);
  process.exit(values.help ? 0 : 2);
}
const { ACCI_OWNER_PASSWORD: owner, ACCI_APP_PASSWORD: app, ACCI_SYSTEM_PASSWORD: system } = process.env;
const given = [owner, app, system].filter(Boolean).length;
if (given !== 0 && given !== 3) {
  console.error('Set all three passwords, or none of them.');
  process.exit(2);
}
await ensureRoles(adminUrl, owner && app && system ? { owner, app, system } : undefined);
await prepareDatabase(adminUrl);
console.log('acci_owner, acci_app and acci_system are ready.');
