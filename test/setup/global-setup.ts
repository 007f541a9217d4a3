import type { TestServer } from '../../libs/database/src/testing.js';

declare global {
  // The one thing that Jest lets set-up and teardown share.
  var acciTestServer: TestServer | undefined;
}

/** Starts a PostgreSQL for each worker of this test run, or takes the one of DATABASE_URL for all. */
export default async function globalSetup({ maxWorkers }: { maxWorkers: number }): Promise<void> {
  await import('./sources.ts');
  const { startTestServer } = await import('../../libs/database/src/testing.js');
  globalThis.acciTestServer = await startTestServer(process.env['DATABASE_URL'], maxWorkers);
}
