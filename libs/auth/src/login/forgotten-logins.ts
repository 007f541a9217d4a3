import { prepared } from '@acci/database';
import { EventStore } from '@acci/event-store';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { UserDeleted } from '../user/user.events.js';

// What `PasswordLogin` and `OwnPassword` count failures for. A hash of an address can be guessed, and says whose it was.
const forget = prepared(`
  delete from acci.login_attempts l
   using acci.users u
   where u.tenant_id = $1::uuid and u.id = any ($2::uuid[]) and l.tenant_id = $1::uuid and l.subject = 'account'
     and l.key_hash in (select sha256(convert_to(key, 'UTF8'))
                          from unnest(array['login as ' || u.email, 'login as ' || u.user_name,
                                            'change of ' || u.id]) as key)`);

/** Forgets with a user how often somebody guessed at their password. */
@Injectable()
export class ForgottenLogins implements OnModuleDestroy {
  private readonly remove: () => void;

  constructor(store: EventStore) {
    // Hooks run in the order in which they come: this one before those that take the user, and their address, away.
    this.remove = store.onAppend(
      (events, tx) => {
        const [event] = events;
        if (event) tx.execute(forget, [event.tenantId, events.map(({ streamId }) => streamId)]);
      },
      { types: [UserDeleted.type] },
    );
  }

  onModuleDestroy(): void {
    this.remove();
  }
}
