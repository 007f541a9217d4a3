import { CreateTenantSetting1700100000001 } from './1700100000001-create-tenant-setting.js';

/** The migrations of this library, oldest first. An app hands every library's list to {@link DatabaseModule}. */
export const databaseMigrations = [CreateTenantSetting1700100000001];
