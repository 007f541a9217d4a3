import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { SessionClock } from './session-clock.js';
import { type SessionRow, SessionTable } from './session-table.js';

const delay = 1_000;
const minute = 60_000;

/**
 * Notes that sessions are in use: collected for a second, written aside from any request, and for one session once a
 * minute at most, or once in a tenth of the time that it may lie idle.
 */
@Injectable()
export class SessionSightings implements OnModuleDestroy {
  private readonly logger = new Logger(SessionSightings.name);
  private readonly seen = new Map<string, Set<string>>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly table: SessionTable,
    private readonly clock: SessionClock,
  ) {}

  /** Notes that a session is in use now, if that was not noted just before. */
  note(tenantId: string, { id, lastSeenAt, idleMs }: SessionRow): void {
    if (this.clock.now().getTime() - lastSeenAt.getTime() < Math.min(minute, idleMs / 10)) return;
    const ids = this.seen.get(tenantId) ?? new Set();
    this.seen.set(tenantId, ids.add(id));
    this.timer ??= setTimeout(() => void this.write(), delay).unref();
  }

  /** Writes what was noted. What cannot be written is lost: such a session may end a minute too early. */
  async write(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const seen = [...this.seen];
    this.seen.clear();
    const now = this.clock.now();
    for (const [tenantId, ids] of seen) {
      try {
        await this.table.see(tenantId, [...ids], now);
      } catch (error) {
        this.logger.warn(`That ${ids.size} sessions are in use was not noted: ${String(error)}`);
      }
    }
  }

  /** Writes what is left before the database closes. */
  async onModuleDestroy(): Promise<void> {
    await this.write();
  }
}
