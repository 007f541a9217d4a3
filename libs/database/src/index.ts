export {
  BatchRefused,
  DatabaseBusy,
  DatabaseError,
  DatabaseTimeout,
  DatabaseUnavailable,
  InvalidTenantId,
  SystemInsideTenant,
  TenantMismatch,
  TransactionAborted,
  TransactionClosed,
  TransactionContended,
  TransactionUnderWay,
} from './database.errors.js';
export { assertTenantId, Database, type DatabaseOptions, type TransactionWork } from './database.js';
export { DatabaseModule, type DatabaseModuleOptions } from './database.module.js';
export {
  EmbeddedServer,
  type EmbeddedServerOptions,
  type EmbeddedServerUrls,
} from './embedded/embedded-server.js';
export {
  EmbeddedServerError,
  EmbeddedServerFailed,
  EmbeddedServerInUse,
  EmbeddedServerUnusable,
  EmbeddedServerVersionMismatch,
} from './embedded/embedded.errors.js';
export { diagnose, formatVerdicts, type DoctorOptions } from './gate/doctor.js';
export type { Diagnosis, DoctorCheck, DoctorContext, DoctorVerdict } from './gate/doctor-check.js';
export {
  assertIsolation,
  checkIsolation,
  IsolationViolated,
  type CatalogueQuery,
  type IsolationFinding,
} from './gate/isolation-gate.js';
export { OwnerDatabase } from './owner-database.js';
export type { TenantWork } from './joint-transaction.js';
export type { PoolOptions, PoolStats } from './login.js';
export {
  migrate,
  ownerDataSource,
  type AfterMigrate,
  type MigrateOptions,
  type MigrationClass,
  type OwnerQuery,
} from './migrate.js';
export { MicroBatcher, type MicroBatcherOptions } from './micro-batcher.js';
export { pendingMigrations } from './pending-migrations.js';
export { databaseMigrations } from './migrations/index.js';
export { ensureRoles, prepareDatabase, type RolePasswords } from './roles.js';
export { prepared, type BoundStatement, type PreparedStatement, type Statement } from './statement.js';
export { globalTable, tenantTable, type Privilege, type TableGrants } from './tenant-table.js';
export type { Queued, Transaction, TransactionOptions } from './transaction.js';
export { uuidv7 } from './uuid.js';
