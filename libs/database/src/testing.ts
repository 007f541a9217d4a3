export { ReplicatedServer } from './testing/replicated-server.js';
export { seededRandom } from './testing/seeded-random.js';
export { testDirectory } from './testing/test-directory.js';
export { TestDatabase, type TestDatabaseOptions } from './testing/test-database.js';
export type { TestDatabaseUrls } from './testing/template.js';
export { startTestServer, type TestServer } from './testing/test-server.js';
