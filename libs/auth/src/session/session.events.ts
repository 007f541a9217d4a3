import { defineEvent, personal, type EventOf } from '@acci/event-store';
import { z } from 'zod';

// A session has a stream of its own: were its events in the user's stream, those who log in at the same time would be in
// each other's way, and the stream of a user would be as long as their log-ins are many.
const of = 'userId';
const moment = z.iso.datetime();
const amr = z.array(z.string().min(1).max(64));

/** A user logged in. */
export const SessionStarted = defineEvent({
  type: 'auth.session.started',
  version: 1,
  schema: z.object({
    userId: z.uuid(),
    /** How they showed who they are, in the words of RFC 8176, such as `pwd`. */
    amr,
    /** What they said they use: the header `User-Agent`. */
    device: personal(z.string().min(1).max(300).nullable(), { of, forgotten: null }),
    address: personal(z.string().min(1).max(64).nullable(), { of, forgotten: null }),
    /** When it ends however much it is used. That is no event then, nor is it one that nobody used it for too long. */
    expiresAt: moment,
  }),
});
export type SessionStarted = EventOf<typeof SessionStarted>;

/** A session got another token, because what may be done with it has grown. The old one opens nothing any more. */
export const SessionRenewed = defineEvent({
  type: 'auth.session.renewed',
  version: 1,
  schema: z.object({ amr }),
});
export type SessionRenewed = EventOf<typeof SessionRenewed>;

/** Somebody ended a session, or it ended with something else. */
export const SessionEnded = defineEvent({
  type: 'auth.session.ended',
  version: 1,
  schema: z.object({
    userId: z.uuid(),
    reason: z.enum([
      /** By whoever was logged in. */
      'logout',
      /** From another session of the same user. */
      'ended_by_user',
      /** By somebody who manages users. */
      'ended_by_admin',
      'password_changed',
      'user_deactivated',
      'user_locked',
      'user_deleted',
      /** The user has so many that the one unused for longest had to go. */
      'too_many',
    ]),
  }),
});
export type SessionEnded = EventOf<typeof SessionEnded>;

/** Why a session ended. */
export type SessionEndReason = SessionEnded['data']['reason'];

/** An operator of the platform began to act in this tenant. */
export const ImpersonationStarted = defineEvent({
  type: 'auth.impersonation.started',
  version: 1,
  schema: z.object({
    /** Who it is in truth, as an actor of the platform tenant. */
    operator: z.string().min(1).max(300),
    /** As whom; null for nobody in particular. */
    userId: z.uuid().nullable(),
    /** Why, for the tenant to read; not personal, as it is not said about anybody here. */
    reason: z.string().min(1).max(500),
    expiresAt: moment,
  }),
});
export type ImpersonationStarted = EventOf<typeof ImpersonationStarted>;

/** An operator does not act in this tenant any more. If there is no such event, it ended at its time. */
export const ImpersonationEnded = defineEvent({
  type: 'auth.impersonation.ended',
  version: 1,
  schema: z.object({
    operator: z.string().min(1).max(300),
    userId: z.uuid().nullable(),
    reason: SessionEnded.schema.shape.reason,
  }),
});
export type ImpersonationEnded = EventOf<typeof ImpersonationEnded>;

/** Every event of a session's stream, in every version that may be stored. */
export const sessionEvents = [
  SessionStarted,
  SessionRenewed,
  SessionEnded,
  ImpersonationStarted,
  ImpersonationEnded,
] as const;

/** Any event of a session. */
export type SessionEvent = EventOf<(typeof sessionEvents)[number]>;
