import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeCursor, encodeCursor, type StreamPage, type StreamSource } from '@acci/rest';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { z } from 'zod';
import { Projections } from '../projections.js';
import { toProjectionItem } from './projection-answers.js';
import type { ProjectionItem as Item } from './projections.schemas.js';

/** The list at one moment: each projection by its name, and as a text that is another one when it has changed. */
interface Picture {
  readonly takenAt: number;
  /** What tells it from others. */
  readonly digest: string;
  readonly items: ReadonlyMap<string, { readonly item: Item; readonly text: string }>;
}

const Cursor = z.tuple([z.literal('projections'), z.string()]);
const lookMs = 500;

/**
 * Looks at the projections again and again, once for all streams of a process and only while there are some: how far they
 * are and what halts them are no events that could be waited for.
 */
@Injectable()
export class ProjectionWatch implements OnModuleDestroy {
  private readonly logger = new Logger(ProjectionWatch.name);
  private readonly waiting = new Set<() => void>();
  private readonly stopping = new AbortController();
  // Work for all streams belongs to no request, least of all to the one that happened to come first.
  private readonly outside = AsyncLocalStorage.snapshot();
  private latest: Picture | undefined;
  private looking: Promise<Picture> | undefined;
  private loop: Promise<void> | undefined;

  constructor(private readonly projections: Projections) {}

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.loop;
  }

  /**
   * The list while it changes, behind a cursor or from now on.
   *
   * @throws {HttpProblem} `request.cursor.invalid`
   */
  async follow(cursor: string | undefined): Promise<StreamSource<Item>> {
    decodeCursor(cursor, Cursor);
    const picture = await this.current();
    return new ProjectionChanges(this, cursor ?? cursorOf(picture), picture);
  }

  /** The list as it was a moment ago. */
  async current(): Promise<Picture> {
    const { latest } = this;
    return latest && performance.now() - latest.takenAt < lookMs ? latest : this.look();
  }

  /** Resolves once the list is another one than a cursor says, or the signal aborts. */
  async changed(cursor: string, signal: AbortSignal): Promise<void> {
    if (signal.aborted || (this.latest && cursorOf(this.latest) !== cursor)) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => resolve();
    this.waiting.add(wake);
    signal.addEventListener('abort', wake, { once: true });
    this.loop ??= this.outside(() => this.run()).finally(() => (this.loop = undefined));
    await promise;
    signal.removeEventListener('abort', wake);
    this.waiting.delete(wake);
  }

  /** Whoever asks at the same time is answered together. */
  private look(): Promise<Picture> {
    return (this.looking ??= this.projections
      .status()
      .then((found) => (this.latest = pictureOf(found.map(toProjectionItem))))
      .finally(() => (this.looking = undefined)));
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (this.waiting.size > 0 && !signal.aborted) {
      await sleep(lookMs, undefined, { signal }).catch(() => {});
      const before = this.latest?.digest;
      await this.look().catch((error: unknown) =>
        this.logger.warn(`Live streams wait for projections: ${String(error)}`),
      );
      if (this.latest?.digest !== before) this.wake();
    }
    this.wake();
  }

  private wake(): void {
    for (const resolve of this.waiting) resolve();
  }
}

/** Tells of the projections that are not as they were last told; of all of them to a client that saw another list. */
class ProjectionChanges implements StreamSource<Item> {
  constructor(
    private readonly watch: ProjectionWatch,
    readonly cursor: string,
    private told: Picture,
  ) {}

  async read(cursor: string): Promise<StreamPage<Item>> {
    const now = await this.watch.current();
    const next = cursorOf(now);
    const seen = cursor === cursorOf(this.told) ? this.told.items : undefined;
    const changed = [...now.items].filter(([name, { text }]) => seen?.get(name)?.text !== text);
    this.told = now;
    if (next === cursor) return { messages: [], cursor, more: false };
    // All of them or none: the cursor stands for the whole list.
    const messages = changed.map(([, { item }], index) =>
      index === changed.length - 1 ? { item, cursor: next } : { item },
    );
    return { messages, cursor: next, more: false };
  }

  async wait(cursor: string, signal: AbortSignal): Promise<string> {
    await this.watch.changed(cursor, signal);
    return cursor;
  }
}

function pictureOf(items: readonly Item[]): Picture {
  const texts = items.map((item) => ({ item, text: textOf(item) }));
  const digest = createHash('sha256').update(texts.map(({ text }) => text).join('\n'));
  return {
    takenAt: performance.now(),
    digest: digest.digest('base64url').slice(0, 22),
    items: new Map(texts.map((each) => [each.item.name, each])),
  };
}

/** What only time changes is no change. */
function textOf({ lag, rebuild, ...item }: Item): string {
  return JSON.stringify({ ...item, events: lag.events, done: rebuild?.done, rebuild: rebuild?.status });
}

function cursorOf({ digest }: Picture): string {
  return encodeCursor(['projections', digest]);
}
