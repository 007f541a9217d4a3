import { timingSafeEqual } from 'node:crypto';
import { Recent } from '@acci/tenancy';
import { Injectable } from '@nestjs/common';
import type { Identity } from '../access/authenticator.js';
import { hashSecret, type SecretAddress } from '../secret-text/secret-text.js';
import { SessionClock } from './session-clock.js';
import { SessionIdentities } from './session-identities.js';
import { type JudgedSession, SessionTable } from './session-table.js';
import { sessionTokens } from './session-token.js';

// Other processes must refuse an ended session within a second; what is left of it is for the question itself.
const keptMs = 750;
const mostKept = 10_000;

/** A session that was found, and who asks with it. */
interface KnownSession extends JudgedSession {
  readonly identity: Identity;
}

/** Finds the sessions that tokens are for: each is read once in 750 ms, however many requests come meanwhile. */
@Injectable()
export class KnownSessions {
  private readonly recent = new Recent<KnownSession | undefined>({ ttlMs: keptMs, max: mostKept });

  constructor(
    private readonly table: SessionTable,
    private readonly clock: SessionClock,
    private readonly identities: SessionIdentities,
  ) {}

  /** The session that a token opens; undefined for one that opens none, whatever the reason. */
  async byToken(token: string): Promise<KnownSession | undefined> {
    const address = sessionTokens.parse(token);
    if (!address) return undefined;
    const hash = hashSecret(token);
    const asked = this.recent.get(questionOf(address));
    let session = await (asked ?? this.read(address));
    // What was known may be from before the session got this token, by another process.
    if (asked && session && !timingSafeEqual(session.tokenHash, hash)) session = await this.read(address);
    const good = session && timingSafeEqual(session.tokenHash, hash) && this.goesOn(session);
    return good ? session : undefined;
  }

  /** A session by its id, for those that depend on it; undefined if it does not go on. */
  async byId(address: SecretAddress): Promise<KnownSession | undefined> {
    const session = await (this.recent.get(questionOf(address)) ?? this.read(address));
    return session && this.goesOn(session) ? session : undefined;
  }

  /** Lets go of what is known of a session that was ended or got another token. */
  forget(address: SecretAddress): void {
    this.recent.forget(questionOf(address));
  }

  private read(address: SecretAddress): Promise<KnownSession | undefined> {
    const { tenantId, id } = address;
    const read = async (): Promise<KnownSession | undefined> => {
      const session = await this.table.judge(tenantId, id);
      return session && { ...session, identity: this.identities.of(tenantId, session) };
    };
    return this.recent.keep(questionOf(address), read());
  }

  /** By time, and by what its user may do. */
  private goesOn({ userId, userStatus, userLocked, expiresAt, lastSeenAt, idleMs }: JudgedSession): boolean {
    const now = this.clock.now().getTime();
    if (userId !== null && (userStatus !== 'active' || userLocked)) return false;
    return now < expiresAt.getTime() && now < lastSeenAt.getTime() + idleMs;
  }
}

function questionOf({ tenantId, id }: SecretAddress): string {
  return `${tenantId}/${id}`;
}
