import { setTimeout as sleep } from 'node:timers/promises';
import { Database, prepared, uuidv7 } from '@acci/database';
import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { PostgresIdempotencyStore } from '../../idempotency/postgres-idempotency-store.js';
import { PLATFORM_TENANT_ID } from '../../platform-tenant.js';
import { MODULE_OPTIONS_TOKEN, type TenancyModuleOptions } from '../../tenancy.options.js';
import { PurgeTenant } from '../commands/purge-tenant.command.js';
import { TenantHasChildren, TenantNotAwaitingDeletion, TenantNotFound } from '../tenant.errors.js';
import { TenantErasure } from './tenant-erasure.js';

const selectDue = prepared(`
  select id from acci.tenant_directory where tenant_id = $1::uuid and deletion_due_at <= now()
   order by deletion_due_at limit 1000`);

/**
 * Does what is due without a request: purges tenants whose grace period is over, erases what was purged, and clears
 * idempotency keys that expired. Any number of processes may run it.
 */
@Injectable()
export class TenancyWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(TenancyWorker.name);
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    private readonly database: Database,
    private readonly commandBus: CommandBus,
    private readonly erasure: TenantErasure,
    private readonly idempotency: PostgresIdempotencyStore,
    @Inject(MODULE_OPTIONS_TOKEN) private readonly options: TenancyModuleOptions,
  ) {}

  onApplicationBootstrap(): void {
    const { worker } = this.options;
    if (worker?.enabled) this.running = this.loop(worker.intervalMs ?? 10_000);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** Does what is due now. What fails is logged, and tried again the next time. */
  async runOnce(): Promise<void> {
    await this.guarded('purge tenants that are due', () => this.purgeDue());
    await this.guarded('erase purged tenants', () =>
      this.erasure.runPending((tenantId, error) =>
        this.logger.error(`Erasing tenant ${tenantId} failed`, error),
      ),
    );
    await this.guarded('clear idempotency keys', () => this.idempotency.clearExpired());
  }

  private async loop(intervalMs: number): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await this.runOnce();
      await sleep(intervalMs, undefined, { signal }).catch(() => {});
    }
  }

  private async purgeDue(): Promise<void> {
    const due = await this.database.queryInTenant<{ id: string }>(PLATFORM_TENANT_ID, selectDue, [
      PLATFORM_TENANT_ID,
    ]);
    const ctx = { tenantId: PLATFORM_TENANT_ID, actor: 'system:tenancy', correlationId: uuidv7() };
    for (const { id } of due) {
      await this.commandBus.execute(new PurgeTenant(ctx, { id })).catch((error: unknown) => {
        // Restored or purged in the meantime, or a tenant below it has to go first: no failure, and no hurry.
        if (!isHarmless(error)) throw error;
      });
    }
  }

  private async guarded(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.logger.error(`Failed to ${what}`, error);
    }
  }
}

function isHarmless(error: unknown): boolean {
  return [TenantHasChildren, TenantNotAwaitingDeletion, TenantNotFound].some((type) => error instanceof type);
}
