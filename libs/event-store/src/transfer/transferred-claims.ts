import type { Transaction } from '@acci/database';
import type { Claim } from '../event/claim.js';
import type { EventRegistry } from '../event/event-registry.js';
import type { RecordedEvent } from '../event/recorded-event.js';
import { releaseTransferredClaims, takeTransferredClaims } from './transfer-statements.js';
import { TransferInconsistent } from './transfer.errors.js';

/** A stream's last word on a unique value. */
interface Word extends Pick<Claim, 'scope' | 'value' | 'of'> {
  readonly streamId: string;
  readonly taken: boolean;
}

/**
 * Makes the unique values of a tenant from its events. In the log one stream may take a value before another one has
 * released it: their transactions began in one order and reached the value in the other. Such a value is contested
 * until the release comes; only each stream's own last word counts in the end.
 */
export class TransferredClaims {
  private contested: readonly Word[] = [];

  /** @param seal makes the claims of a stream as they may be stored. */
  constructor(
    private readonly registry: EventRegistry,
    private readonly seal: (streamId: string, claims: readonly Claim[]) => Promise<readonly Claim[]>,
  ) {}

  /** Writes what these events, which come next, take and release. */
  async write(tx: Transaction, events: readonly RecordedEvent[]): Promise<void> {
    const words = new Map(this.contested.map((word) => [keyOf(word), word]));
    for (const { type, schemaVersion, data, streamId } of events) {
      const definition = this.registry.find(type, schemaVersion)?.definition;
      const say = async (claims: readonly Claim[] = [], taken: boolean): Promise<void> => {
        if (claims.length === 0) return;
        for (const { scope, value, of } of await this.seal(streamId, claims)) {
          const word = { scope, value, of, streamId, taken };
          words.set(keyOf(word), word);
        }
      };
      await say(definition?.releases(data), false);
      await say(definition?.claims(data), true);
    }
    await this.writeWords(tx, [...words.values()]);
  }

  /**
   * Sees to it that nothing is contested any more.
   *
   * @throws {TransferInconsistent} if two streams hold one value.
   */
  async finish(tx: Transaction): Promise<void> {
    await this.writeWords(tx, this.contested);
    const [word] = this.contested;
    if (word) throw new TransferInconsistent(`two streams hold one value of ${word.scope}`);
  }

  private async writeWords(tx: Transaction, words: readonly Word[]): Promise<void> {
    const released = words.filter(({ taken }) => !taken);
    if (released.length > 0) tx.execute(releaseTransferredClaims, columnsOf(tx, released));
    const wanted = words.filter(({ taken }) => taken);
    // A statement can write a row once.
    const first = [
      ...new Map(wanted.toReversed().map((word) => [joined(word.scope, word.value), word])).values(),
    ];
    const held =
      first.length > 0
        ? await tx.query<Word>(takeTransferredClaims, [
            ...columnsOf(tx, first),
            first.map(({ of }) => of ?? null),
          ])
        : [];
    const settled = new Set(held.map(keyOf));
    this.contested = wanted.filter((word) => !settled.has(keyOf(word)));
  }
}

function keyOf({ scope, value, streamId }: Pick<Word, 'scope' | 'value' | 'streamId'>): string {
  return joined(scope, value, streamId);
}

/** Several texts as one that no others give: what is stored has no NUL. */
function joined(...texts: readonly string[]): string {
  return texts.join('\0');
}

function columnsOf({ tenantId }: Transaction, words: readonly Word[]): readonly unknown[] {
  return [
    tenantId,
    words.map(({ scope }) => scope),
    words.map(({ value }) => value),
    words.map(({ streamId }) => streamId),
  ];
}
