import { CreateTenantDirectory1700500000001 } from './1700500000001-create-tenant-directory.js';
import { CreateIdempotencyKeys1700500000002 } from './1700500000002-create-idempotency-keys.js';

/** The migrations of this library, oldest first. They come after those of the event store and of projections. */
export const tenancyMigrations = [CreateTenantDirectory1700500000001, CreateIdempotencyKeys1700500000002];
