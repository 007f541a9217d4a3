import { Database } from '@acci/database';
import { Injectable } from '@nestjs/common';
import type { Context } from '../context.js';
import { EventRegistry } from '../event/event-registry.js';
import { SubjectWasForgotten } from '../personal-data/forgotten-subject.js';
import type { Position } from '../position.js';
import { EventStore, internalsOf } from '../store/event-store.js';
import { exportTenant } from './export-tenant.js';
import { forgetEverybody } from './forget-everybody.js';
import { assertEmpty, importEvents } from './import-events.js';
import { acceptEvent } from './accept-event.js';
import type { HeaderLine, ManifestLine } from './transfer-lines.js';
import { TransferInconsistent } from './transfer.errors.js';
import { verifyTransfer } from './verify-transfer.js';

/** How {@link TenantTransfer.export} exports. */
export interface ExportOptions {
  /**
   * Take personal fields along, readable. Without, they are replaced as if everybody had been forgotten. Default false.
   */
  readonly includePersonalData?: boolean;
}

/** How {@link TenantTransfer.import} imports. */
export interface ImportOptions {
  /**
   * Where the events are kept, encrypted, between their verification and the import. It needs as much room as the
   * export has bytes. Default: the system's directory for temporary files.
   */
  readonly directory?: string;
  /** Told how many events are written, and of how many, once the whole is verified; anew if the transaction is run again. */
  readonly onWritten?: (events: number, total: number) => void;
}

/** What an import did. */
export interface ImportReceipt
  extends
    Pick<ManifestLine, 'events' | 'streams' | 'types' | 'sha256'>,
    Pick<HeaderLine, 'exportedAt' | 'personalData'> {
  /** The tenant whose events they were; it may have had another id. */
  readonly sourceTenantId: string;
  /** Where the last event stands in the log now; undefined if there was none. */
  readonly position: Position | undefined;
}

// A line holds an event's data and what goes with it.
const bytesBesideData = 64 * 1024;

/**
 * Moves a tenant's events between databases: from one server to another, or into a copy to look at.
 *
 * @example
 * await pipeline(transfer.export(ctx, { includePersonalData: true }), createWriteStream('acme.ndjson'));
 * // on the other server
 * const { events, position } = await transfer.import(ctx, createReadStream('acme.ndjson'));
 */
@Injectable()
export class TenantTransfer {
  constructor(
    private readonly database: Database,
    private readonly registry: EventRegistry,
    private readonly store: EventStore,
  ) {}

  /**
   * All events of the context's tenant that had been committed when the reading began, archived ones included, as
   * NDJSON: a header, the events as they are stored, and a manifest of counts and hashes. It reads on as the result
   * is read, keeps no transaction open and little in memory. Whatever lacks the manifest was cut off.
   */
  export(ctx: Context, { includePersonalData = false }: ExportOptions = {}): AsyncGenerator<string> {
    const { decoder } = internalsOf(this.store);
    return exportTenant(this.database, ctx.tenantId, {
      personalData: includePersonalData ? 'included' : 'replaced',
      open: async (rows) =>
        includePersonalData ? decoder.revealed(rows) : forgetEverybody(this.registry, rows),
    });
  }

  /**
   * Imports an export into the context's tenant, which has no events yet: all of it, or nothing. The whole is verified
   * before the first event is written; then everything is written in one transaction, which readers of the log do not
   * look past until it ends. Events keep their ids, times, streams, versions and order. Unique values and inline
   * projections are written along; asynchronous projections come after as for any other event.
   *
   * After a failure, whatever it was, import again.
   *
   * @param source the bytes of an export.
   * @throws {TransferUnreadable} {@link TransferTruncated} {@link TransferDamaged} for a file that is not whole.
   * @throws {TransferredEventRefused} for an event that this program does not know, or whose data it would not store.
   * @throws {TransferInconsistent} for events that contradict each other.
   * @throws {TenantNotEmpty} if the tenant has events, or gets some meanwhile.
   */
  async import(
    ctx: Context,
    source: AsyncIterable<Uint8Array>,
    { directory, onWritten }: ImportOptions = {},
  ): Promise<ImportReceipt> {
    const { cipher, limits, hooks, nudge } = internalsOf(this.store);
    // Asked again when it counts; this spares whoever has a long export to send.
    await assertEmpty(this.database, ctx.tenantId);
    const forgotten = new Set<string>();
    const verified = await verifyTransfer(source, {
      accept: (event) => {
        const data = acceptEvent(this.registry, event, limits);
        if (event.type === SubjectWasForgotten.type)
          forgotten.add((data as SubjectWasForgotten['data']).subject);
        return data;
      },
      maxLineBytes: limits.maxEventBytes + bytesBesideData,
      directory,
    });
    try {
      const { tenantId: sourceTenantId, exportedAt, personalData } = verified.header;
      const replaced = personalData === 'replaced';
      const { events, streams, types, sha256 } = verified.manifest;
      const target = { database: this.database, registry: this.registry, cipher, hooks, forgotten, replaced };
      const position = await importEvents(target, ctx.tenantId, verified.events, (written) =>
        onWritten?.(written, events),
      );
      nudge.signal();
      return { events, streams, types, sha256, sourceTenantId, exportedAt, personalData, position };
    } catch (error) {
      // Where somebody else wrote meanwhile, it is not the file that is at fault.
      if (error instanceof TransferInconsistent) await assertEmpty(this.database, ctx.tenantId);
      throw error;
    } finally {
      await verified.close();
    }
  }
}
