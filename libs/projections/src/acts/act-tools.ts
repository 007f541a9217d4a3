import type { Database } from '@acci/database';
import type { EventStore } from '@acci/event-store';
import type { Builds } from '../build/builds.js';
import type { ProjectionRegistry } from '../projection-registry.js';

/** Why an operator acts. It is kept in the event of the act, with who did it. */
export interface ActOptions {
  readonly reason: string;
}

/** An act that may concern one tenant alone. */
export interface TenantActOptions extends ActOptions {
  /** Default: all tenants. */
  readonly tenantId?: string | undefined;
}

/** A filling of a projection's tables. */
export interface RebuildRef {
  readonly projection: string;
  readonly build: number;
}

/** What acts are made with. */
export interface ActTools {
  readonly database: Database;
  readonly store: EventStore;
  readonly registry: ProjectionRegistry;
  readonly builds: Builds;
  /** Into how many buckets of tenants a new build is divided. */
  readonly shares: number;
}
