import { randomUUID } from 'node:crypto';
import { HttpProblem } from '../problems/http-problem.js';
import type { IdempotencyBegin, IdempotencyStore, StoredResponse } from './idempotency-store.js';

/**
 * How much {@link MemoryIdempotencyStore} keeps.
 *
 * @example
 * const limits: MemoryIdempotencyOptions = { maxKeys: 1_000, ttlMs: 3_600_000 };
 */
export interface MemoryIdempotencyOptions {
  /** Keys kept; beyond it the oldest answers are forgotten. Default 10,000. */
  readonly maxKeys?: number;
  /** How long an answer is kept, in milliseconds. Default one day. */
  readonly ttlMs?: number;
  /** The clock, in milliseconds. */
  readonly now?: () => number;
}

interface Entry {
  readonly fingerprint: string;
  token: string;
  expires: number;
  response?: StoredResponse;
}

/**
 * Remembers answers in this process, within bounds: for development, tests and apps of one process.
 *
 * @example
 * const store = new MemoryIdempotencyStore({ maxKeys: 1_000 });
 */
export class MemoryIdempotencyStore implements IdempotencyStore {
  // A Map keeps insertion order, so its first entries are the oldest.
  readonly #entries = new Map<string, Entry>();
  readonly #maxKeys: number;
  readonly #ttlMs: number;
  readonly #now: () => number;

  constructor({ maxKeys = 10_000, ttlMs = 86_400_000, now = Date.now }: MemoryIdempotencyOptions = {}) {
    this.#maxKeys = maxKeys;
    this.#ttlMs = ttlMs;
    this.#now = now;
  }

  /** @throws HttpProblem 503 `request.idempotency.busy` if every key kept is in flight */
  async begin(
    tenantId: string,
    key: string,
    fingerprint: string,
    leaseMs: number,
  ): Promise<IdempotencyBegin> {
    const id = idOf(tenantId, key);
    const now = this.#now();
    const entry = this.#entries.get(id);
    // A lease that ran out leaves its fingerprint: the key may be taken over, but not for something else.
    if (entry && (!entry.response || entry.expires > now) && entry.fingerprint !== fingerprint) {
      return { state: 'mismatch' };
    }
    if (entry && entry.expires > now) {
      if (entry.response) return { state: 'done', response: entry.response };
      return { state: 'in_flight', retryAfter: 1 };
    }
    this.#entries.delete(id);
    this.#makeRoom(now);
    const token = randomUUID();
    this.#entries.set(id, { fingerprint, token, expires: now + leaseMs });
    return { state: 'new', token };
  }

  async complete(tenantId: string, key: string, token: string, response: StoredResponse): Promise<void> {
    const id = idOf(tenantId, key);
    const entry = this.#entries.get(id);
    if (entry?.token !== token || entry.response) return;
    this.#entries.delete(id);
    this.#entries.set(id, { ...entry, response, expires: this.#now() + this.#ttlMs });
  }

  async release(tenantId: string, key: string, token: string): Promise<void> {
    const id = idOf(tenantId, key);
    const entry = this.#entries.get(id);
    if (entry?.token === token && !entry.response) this.#entries.delete(id);
  }

  #makeRoom(now: number): void {
    if (this.#entries.size < this.#maxKeys) return;
    for (const [id, entry] of this.#entries) {
      if (entry.response || entry.expires <= now) {
        this.#entries.delete(id);
        return;
      }
    }
    throw new HttpProblem(503, 'request.idempotency.busy', 'Too many idempotent requests are in flight.', {
      retryAfter: 1,
    });
  }
}

const idOf = (tenantId: string, key: string): string => `${tenantId} ${key}`;
