import { unauthenticated } from '../problems/http-problem.js';
import { toFailure } from '../problems/to-failure.js';
import { type AnyRequest } from '../request/raw.js';
import { stateOf } from '../request/request-state.js';
import type { StreamSettings } from './stream-options.js';

/** Whether whoever opened a stream may still read it: the same question that the guard was asked, put again. */
export class StreamAccess {
  private checkedAt = performance.now();
  // Whoever opens a stream may have lost their permission while they did.
  private changedAt = this.checkedAt;
  private checking: Promise<void> | undefined;

  constructor(
    private readonly request: AnyRequest,
    private readonly settings: StreamSettings,
  ) {}

  /** True if it is time to ask although nothing is to be sent. */
  isDue(now: number): boolean {
    const { recheckMs, afterwardsMs } = this.settings;
    const knownAt = this.changedAt + afterwardsMs;
    return now - this.checkedAt >= recheckMs || (now >= knownAt && this.checkedAt < knownAt);
  }

  /** Something happened, which may be that permission was taken away: it is asked soon, although nothing is to be sent. */
  noteChange(): void {
    this.changedAt = performance.now();
  }

  /** True for a stream that nobody can ask about, and that must therefore come back through the guard. */
  isOver(now: number): boolean {
    const { recheckMs, unsureMs, uncheckedMs } = this.settings;
    // While the question cannot be answered nothing is sent; but it is not put for ever.
    const longestMs = stateOf(this.request).recheck ? recheckMs + unsureMs : uncheckedMs;
    return now - this.checkedAt >= longestMs;
  }

  /** Before anything is sent. Asks unless it was asked just now. @throws what the guard throws. */
  async assert(): Promise<void> {
    if (performance.now() - this.checkedAt >= this.settings.freshMs) await this.check();
  }

  /** @throws what the guard throws. */
  check(): Promise<void> {
    return (this.checking ??= this.ask().finally(() => (this.checking = undefined)));
  }

  private async ask(): Promise<void> {
    const { identity, recheck } = stateOf(this.request);
    if (!recheck) return;
    const askedAt = performance.now();
    const now = await recheck();
    // What was read belongs to who it was read for.
    if (now.tenantId !== identity?.tenantId || now.actor !== identity.actor) throw unauthenticated();
    this.checkedAt = askedAt;
  }
}

/** True for an error that says no, and not only that nobody can say. */
export function isRefusal(error: unknown): boolean {
  const { status } = toFailure(error);
  return status === 401 || status === 403;
}
