import type { IncomingMessage } from 'node:http';
import type { INestApplicationContext } from '@nestjs/common';
import { Authenticators, type Identity } from '../index.js';

/** Lets tests ask as a user, by the header `x-test-user: <tenant>/<user>`; such a user may do everything to themselves. */
export function admitTestUsers(app: INestApplicationContext): void {
  app.get(Authenticators).add({
    async authenticate({ headers }: IncomingMessage): Promise<Identity | undefined> {
      const [tenantId, id] = String(headers['x-test-user'] ?? '').split('/');
      if (!tenantId || !id) return undefined;
      return {
        tenantId,
        actor: `user:${id}`,
        subject: { type: 'user', id },
        permissions: new Set(['auth.me.*']),
      };
    },
  });
}
