import { Aggregate, unhandledEvent } from '@acci/event-store';
import { SessionNotRenewable } from './session.errors.js';
import {
  ImpersonationEnded,
  ImpersonationStarted,
  SessionEnded,
  type SessionEndReason,
  type SessionEvent,
  sessionEvents,
  SessionRenewed,
  SessionStarted,
} from './session.events.js';

/** What is known of a session without its events. */
export interface KnownStream {
  readonly id: string;
  readonly userId: string | null;
  /** Null for a user's own. */
  readonly operator: string | null;
  /** How many events it has. */
  readonly version: number;
}

/** A time that somebody is logged in, from one device. Its token lives elsewhere, as a hash. */
export class Session extends Aggregate<SessionEvent> {
  static readonly streamType = 'auth.session';
  static readonly events = sessionEvents;

  private userId: string | null = null;
  private operator: string | null = null;
  private over = false;
  #known = 0;

  /**
   * A session that goes on, as its row has it, which is all that it decides from. So its events need not be read, however
   * many sessions end at once, nor keys be fetched for what is personal in them.
   */
  static at({ id, userId, operator, version }: KnownStream): Session {
    const session = new Session(id);
    session.userId = userId;
    session.operator = operator;
    session.#known = version;
    return session;
  }

  override get version(): number {
    return this.#known + super.version;
  }

  start(terms: SessionStarted['data']): void {
    this.record(SessionStarted.of(terms));
  }

  /** Lets an operator in, as a user or as nobody in particular. */
  startImpersonation(terms: ImpersonationStarted['data']): void {
    this.record(ImpersonationStarted.of(terms));
  }

  /** @throws {SessionNotRenewable} for an operator's: it would hide how long they have been there. */
  renew(amr: readonly string[]): void {
    if (this.operator !== null) throw new SessionNotRenewable();
    this.record(SessionRenewed.of({ amr: [...amr] }));
  }

  /** Once more changes nothing. */
  end(reason: SessionEndReason): void {
    const { userId, operator } = this;
    if (this.over) return;
    if (operator !== null) this.record(ImpersonationEnded.of({ operator, userId, reason }));
    else if (userId !== null) this.record(SessionEnded.of({ userId, reason }));
  }

  protected apply(event: SessionEvent): void {
    switch (event.type) {
      case 'auth.session.started':
        this.userId = event.data.userId;
        return;
      case 'auth.impersonation.started':
        this.userId = event.data.userId;
        this.operator = event.data.operator;
        return;
      case 'auth.session.renewed':
        return;
      case 'auth.session.ended':
      case 'auth.impersonation.ended':
        this.over = true;
        return;
      default:
        unhandledEvent(event);
    }
  }
}
