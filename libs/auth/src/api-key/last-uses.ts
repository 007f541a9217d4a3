import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { KeySecrets } from './key-secrets.js';
import type { KeyAddress } from './key-text.js';

/** How exact `lastUsedAt` is, in milliseconds. */
const exactness = 60_000;
const delay = 1_000;

/**
 * Notes when keys were last used, to the minute: collected for a second, written aside from any request, and lost
 * without harm if the database is not there.
 */
@Injectable()
export class LastUses implements OnModuleDestroy {
  private readonly logger = new Logger(LastUses.name);
  private readonly used = new Map<string, Set<string>>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly secrets: KeySecrets) {}

  /** Notes a use now, if the last one that is known is more than a minute ago. */
  note({ tenantId, keyId }: KeyAddress, lastUsedAt: Date | null): void {
    if (lastUsedAt && Date.now() - lastUsedAt.getTime() < exactness) return;
    const keys = this.used.get(tenantId) ?? new Set();
    this.used.set(tenantId, keys.add(keyId));
    this.timer ??= setTimeout(() => void this.write(), delay).unref();
  }

  /** Writes what is left before the database closes. */
  async onModuleDestroy(): Promise<void> {
    await this.write();
  }

  private async write(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const used = [...this.used];
    this.used.clear();
    const now = new Date();
    const since = new Date(now.getTime() - exactness);
    for (const [tenantId, keys] of used) {
      try {
        await this.secrets.touch(tenantId, [...keys], now, since);
      } catch (error) {
        this.logger.warn(`The last use of ${keys.size} keys was not noted: ${String(error)}`);
      }
    }
  }
}
