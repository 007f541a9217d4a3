import { Database, prepared } from '@acci/database';
import { type Context, EventStore, type PendingEvent, PersonalData } from '@acci/event-store';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { UserDeactivated, UserDeleted, UserLocked, UserPasswordChanged } from '../user/user.events.js';
import type { SessionEndReason } from './session.events.js';
import { Sessions } from './sessions.js';

const table = 'acci.sessions';
const forget = prepared('delete from acci.sessions where tenant_id = $1 and user_id::text = $2 returning id');
const remaining = prepared('select id from acci.sessions where tenant_id = $1 and user_id::text = $2');

/** After these a user has no session, whoever caused them and by whatever way. */
const reasons: Readonly<Record<string, SessionEndReason>> = {
  [UserDeactivated.type]: 'user_deactivated',
  [UserDeleted.type]: 'user_deleted',
  [UserLocked.type]: 'user_locked',
  [UserPasswordChanged.type]: 'password_changed',
};

/** Ends sessions with what they rest on, in the same transaction: a user who may log in, and their password. */
@Injectable()
export class SessionEndings implements OnModuleInit, OnModuleDestroy {
  private stopListening: (() => void) | undefined;

  constructor(
    private readonly database: Database,
    private readonly store: EventStore,
    private readonly personalData: PersonalData,
    private readonly sessions: Sessions,
  ) {}

  onModuleInit(): void {
    this.stopListening = this.store.onAppend(
      async (events, tx) => {
        for (const event of events) {
          const reason = reasonOf(event);
          if (reason) await this.sessions.endAll(tx, contextOf(event), event.streamId, { reason });
        }
      },
      { types: Object.keys(reasons) },
    );
    this.personalData.addHolder({
      forget: async ({ tenantId, subject }, tx) => ({
        [table]: (await tx.query(forget, [tenantId, subject])).length,
      }),
      remains: async ({ tenantId, subject }) => {
        const rows = await this.database.queryInTenant(tenantId, remaining, [tenantId, subject]);
        return rows.length > 0 ? [`${table} has sessions of the subject`] : [];
      },
    });
  }

  onModuleDestroy(): void {
    this.stopListening?.();
  }
}

/** Who knows the old password and changes it stays where they are: their command ends the others. */
function reasonOf({ type, data }: PendingEvent): SessionEndReason | undefined {
  if (type === UserPasswordChanged.type && (data as UserPasswordChanged['data']).how === 'changed')
    return undefined;
  return reasons[type];
}

function contextOf({ tenantId, metadata: { actor, correlationId }, id }: PendingEvent): Context {
  return { tenantId, actor, correlationId, causationId: id };
}
