import 'reflect-metadata';
import { join } from 'node:path';
import { createApi, openServerDatabase, readConfig } from '@acci/api';
import { FirstOperatorBootstrap } from '@acci/auth';
import { EmbeddedServer } from '@acci/database';
import { demoPassword, seedDemo } from './demo.ts';

// `npm run seed`: a demo to look around in, beside a running server or without one. Safe to repeat.
const operator = { ACCI_OPERATOR_EMAIL: 'operator@example.com', ACCI_OPERATOR_PASSWORD: demoPassword };

const config = readConfig({
  LOG_LEVEL: 'error',
  ...(process.env['ACCI_OPERATOR_EMAIL'] === undefined && operator),
  ...process.env,
  // The server beside us does that.
  ACCI_WORKER: 'false',
  ACCI_MANAGEMENT_PORT: '',
});
if (config.NODE_ENV === 'production') {
  console.error('The demo has a password that everybody knows: it is not for production.');
  process.exit(2);
}
const running = config.DATABASE_URL
  ? undefined
  : await EmbeddedServer.find(join(config.ACCI_DATA_DIR, 'postgres'));
const database = running ? { urls: running, embedded: undefined } : await openServerDatabase(config);
try {
  const app = await createApi(config, database);
  await app.init();
  const { created } = await app.get(FirstOperatorBootstrap).run();
  const logins = await seedDemo(app);
  await app.close();

  console.log(`\n  Log in with POST /v1/auth/login; everybody’s password: ${demoPassword}\n`);
  if (created) console.log(`  platform   ${config.ACCI_OPERATOR_EMAIL?.padEnd(24)} operator`);
  for (const { tenant, email, role } of logins) {
    console.log(`  ${tenant.padEnd(10)} ${email.padEnd(24)} ${role}`);
  }
  console.log(
    '\n  Or put one of these sessions into Swagger UI under Authorize; they last for an hour of idleness:\n',
  );
  for (const { email, token } of logins) console.log(`  ${email.padEnd(24)} ${token}`);
} finally {
  await database.embedded?.stop();
}
