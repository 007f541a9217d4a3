import { TenantTransfer, type Context, type ImportOptions, type ImportReceipt } from '@acci/event-store';
import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { assertPlatformTenant } from '../../platform-tenant.js';
import { GetTenant } from '../tenant-directory/get-tenant.query.js';

/**
 * Imports an export into a tenant that is there, but has no events yet: all of it, or nothing.
 *
 * @throws {PlatformTenantRequired} {@link TenantNotFound}
 * @throws what `TenantTransfer.import` of `@acci/event-store` throws.
 * @example
 * await commandBus.execute(new ImportTenantEvents(ctx, id, createReadStream('acme.ndjson')));
 */
export class ImportTenantEvents extends Command<ImportReceipt> {
  constructor(
    readonly ctx: Context,
    readonly id: string,
    readonly source: AsyncIterable<Uint8Array>,
    readonly options: ImportOptions = {},
  ) {
    super();
  }
}

/** Handles {@link ImportTenantEvents}. */
@CommandHandler(ImportTenantEvents)
export class ImportTenantEventsHandler implements ICommandHandler<ImportTenantEvents> {
  constructor(
    private readonly queryBus: QueryBus,
    private readonly transfer: TenantTransfer,
  ) {}

  async execute({ ctx, id, source, options }: ImportTenantEvents): Promise<ImportReceipt> {
    assertPlatformTenant(ctx.tenantId);
    const assertThere = () => this.queryBus.execute(new GetTenant(ctx, id));
    await assertThere();
    return this.transfer.import({ ...ctx, tenantId: id }, thenAsserted(source, assertThere), options);
  }
}

/** A long export takes its time to arrive, in which the tenant may be purged: nothing must be written for it then. */
async function* thenAsserted(
  source: AsyncIterable<Uint8Array>,
  assertThere: () => Promise<unknown>,
): AsyncGenerator<Uint8Array> {
  yield* source;
  await assertThere();
}
