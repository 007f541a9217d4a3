/** How long and how much {@link Recent} remembers. */
export interface RecentOptions {
  /** How long an answer may be used, in milliseconds since the question was put. */
  readonly ttlMs: number;
  /** Most answers kept. */
  readonly max: number;
  /** The clock, in milliseconds. */
  readonly now?: () => number;
}

/**
 * Remembers answers for a moment, those on their way included, so that a question asked often at the same time is
 * put once. The moment begins with the question: an answer is never older than the time to live, however long it
 * took to come.
 *
 * @example
 * const plans = new Recent<Plan>({ ttlMs: 750, max: 10_000 });
 * const plan = await plans.ask(tenantId, () => readPlan(tenantId));
 */
export class Recent<V> {
  // All live equally long, so insertion order is the order in which they end, and the first is always the next to go.
  private readonly answers = new Map<string, { readonly answer: Promise<V>; readonly until: number }>();
  private readonly now: () => number;

  constructor(private readonly options: RecentOptions) {
    this.now = options.now ?? (() => performance.now());
  }

  /** The answer, if it was asked for within the time to live. */
  get(question: string): Promise<V> | undefined {
    const found = this.answers.get(question);
    return found && this.now() < found.until ? found.answer : undefined;
  }

  /** The answer that is remembered, or else the one that `ask` brings: once for all who ask meanwhile. */
  ask(question: string, ask: () => Promise<V>): Promise<V> {
    return this.get(question) ?? this.keep(question, ask());
  }

  /** Forgets an answer that is known to be wrong by now. */
  forget(question: string): void {
    this.answers.delete(question);
  }

  /** Keeps an answer that has just been asked for. One that fails is forgotten, so that the next one asks again. */
  keep(question: string, answer: Promise<V>): Promise<V> {
    this.answers.delete(question);
    this.makeRoom();
    const kept = { answer, until: this.now() + this.options.ttlMs };
    this.answers.set(question, kept);
    answer.catch(() => {
      if (this.answers.get(question) === kept) this.answers.delete(question);
    });
    return answer;
  }

  private makeRoom(): void {
    const now = this.now();
    for (const [question, { until }] of this.answers) {
      if (until > now && this.answers.size < this.options.max) return;
      this.answers.delete(question);
    }
  }
}
