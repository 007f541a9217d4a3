interface Entry<V> {
  readonly value: V;
  readonly until: number;
}

/** Keeps keys for a bounded time, and a bounded number of them: the oldest goes first. */
export class KeyCache<V> {
  private readonly entries = new Map<string, Entry<V>>();

  constructor(
    private readonly lifetimeMs: number,
    private readonly max: number,
  ) {}

  get size(): number {
    return this.entries.size;
  }

  get(id: string): V | undefined {
    const entry = this.entries.get(id);
    if (!entry) return undefined;
    if (entry.until > performance.now()) return entry.value;
    this.entries.delete(id);
    return undefined;
  }

  set(id: string, value: V): void {
    this.entries.delete(id);
    this.entries.set(id, { value, until: performance.now() + this.lifetimeMs });
    for (const oldest of this.entries.keys()) {
      if (this.entries.size <= this.max) return;
      this.entries.delete(oldest);
    }
  }

  delete(id: string): void {
    this.entries.delete(id);
  }

  /** Drops every key whose id begins so. */
  deleteAll(prefix: string): void {
    for (const id of this.entries.keys()) if (id.startsWith(prefix)) this.entries.delete(id);
  }

  clear(): void {
    this.entries.clear();
  }

  /** Drops what has outlived its time, whether anybody asks for it or not. */
  sweep(): void {
    // Entries stand in the order in which they were set, so they also expire in it.
    for (const [id, { until }] of this.entries) {
      if (until > performance.now()) return;
      this.entries.delete(id);
    }
  }
}
