import { Database, prepared } from '@acci/database';
import { EventStore } from '@acci/event-store';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { PLATFORM_TENANT_ID } from '../../platform-tenant.js';
import { Recent } from '../../recent.js';
import { Tenant } from '../tenant.aggregate.js';
import { TenantRefused, type TenantRefusal } from '../tenant.errors.js';

const selectStatus = prepared(
  'select status from acci.tenant_directory where tenant_id = $1::uuid and id = $2::uuid',
);

// Other processes must refuse a suspended tenant within a second; what is left of it is for the question itself.
const keptMs = 750;
const mostKept = 10_000;

type Status = 'active' | TenantRefusal;

/**
 * Says whether a tenant is served, fast enough to be asked at every request: an answer is kept for 750 ms, and what
 * this process changes is seen at once. The platform tenant always is.
 *
 * @example
 * await tenantStatus.assertActive(identity.tenantId);
 */
@Injectable()
export class TenantStatus implements OnModuleInit, OnModuleDestroy {
  private readonly answers = new Recent<Status>({ ttlMs: keptMs, max: mostKept });
  private stopListening: (() => void) | undefined;

  constructor(
    private readonly database: Database,
    private readonly store: EventStore,
  ) {}

  onModuleInit(): void {
    const types = Tenant.events.map(({ type }) => type);
    this.stopListening = this.store.onAppend(
      (events, tx) => {
        // Before the commit the old answer is still the right one.
        for (const { streamId } of events) tx.afterCommit(() => this.answers.forget(streamId));
      },
      { types },
    );
  }

  onModuleDestroy(): void {
    this.stopListening?.();
  }

  /**
   * @throws {TenantRefused} `tenancy.tenant.suspended`, `tenancy.tenant.deletion_scheduled` or, for one that was
   *   purged or never was, `tenancy.tenant.unknown`.
   */
  async assertActive(tenantId: string): Promise<void> {
    if (tenantId === PLATFORM_TENANT_ID) return;
    const status = await this.answers.ask(tenantId, () => this.read(tenantId));
    if (status !== 'active') throw new TenantRefused(status);
  }

  private async read(tenantId: string): Promise<Status> {
    const rows = await this.database.readInTenant<{ status: Status }>(PLATFORM_TENANT_ID, selectStatus, [
      PLATFORM_TENANT_ID,
      tenantId,
    ]);
    return rows[0]?.status ?? 'unknown';
  }
}
