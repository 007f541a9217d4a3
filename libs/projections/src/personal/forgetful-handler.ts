import { SubjectWasForgotten } from '@acci/event-store';
import type { ProjectedEvent, ProjectionHandler } from '../projection.js';
import type { ProjectionTransaction } from '../table/projection-transaction.js';
import type { PersonalTable } from './personal-columns.js';

/**
 * A projection's handler that also replaces the columns of whoever is forgotten, where the forgetting stands in the
 * log: after every event about them. So it does not matter what was read before, and a rebuild ends the same.
 */
export class ForgetfulHandler implements ProjectionHandler {
  /** @param wanted whether the projection lists the event itself. */
  constructor(
    private readonly handler: ProjectionHandler,
    private readonly tables: readonly PersonalTable[],
    private readonly wanted: boolean,
  ) {}

  async handle(event: ProjectedEvent, tx: ProjectionTransaction): Promise<void> {
    if (event.type === SubjectWasForgotten.type) {
      const { subject } = event.data as SubjectWasForgotten['data'];
      for (const table of this.tables) await table.replace(event.tenantId, subject, tx);
      if (!this.wanted) return;
    }
    await this.handler.handle(event, tx);
  }
}
