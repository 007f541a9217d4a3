import { uuidv7 } from '@acci/database';
import { testContext } from '@acci/event-store/testing';
import type { INestApplicationContext } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import {
  AddClientSecret,
  CreateServiceAccount,
  CreateUser,
  DeleteServiceAccount,
  DisableServiceAccount,
  EnableServiceAccount,
  SetRole,
} from '../index.js';
import { clientIdOf } from '../service-account/client-id.js';
import type { Answer } from './auth-app.js';

const everything = { permissions: '*' } as const;

/** A service account of a test, and what may become of it. */
export class TestServiceAccount {
  private constructor(
    private readonly app: INestApplicationContext,
    readonly tenantId: string,
    readonly id: string,
  ) {}

  static async create(
    app: INestApplicationContext,
    tenantId: string,
    permissions: readonly string[] = ['house.doors.open'],
  ): Promise<TestServiceAccount> {
    const terms = { name: `Robot ${uuidv7()}`, description: null, permissions };
    const command = new CreateServiceAccount(testContext({ tenantId }), everything, terms);
    const { streamId } = await app.get(CommandBus, { strict: false }).execute(command);
    return new TestServiceAccount(app, tenantId, streamId);
  }

  get ctx() {
    return testContext({ tenantId: this.tenantId });
  }

  get clientId(): string {
    return clientIdOf({ tenantId: this.tenantId, accountId: this.id });
  }

  get commands(): CommandBus {
    return this.app.get(CommandBus, { strict: false });
  }

  async addSecret(expiresAt?: Date): Promise<{ credentialId: string; secret: string }> {
    const command = new AddClientSecret(this.ctx, everything, { id: this.id, name: 'A secret', expiresAt });
    const { credentialId, clientSecret } = await this.commands.execute(command);
    return { credentialId, secret: clientSecret ?? '' };
  }

  disable() {
    return this.commands.execute(new DisableServiceAccount(this.ctx, { id: this.id }));
  }

  enable() {
    return this.commands.execute(new EnableServiceAccount(this.ctx, { id: this.id }));
  }

  delete() {
    return this.commands.execute(new DeleteServiceAccount(this.ctx, { id: this.id }));
  }
}

/** Asks for an access token with a form, as clients of OAuth 2.0 do. */
export async function askForToken(
  port: number,
  fields: Record<string, string> | [string, string][],
  headers: Record<string, string> = {},
): Promise<Answer> {
  const body = new URLSearchParams(fields);
  const response = await fetch(`http://127.0.0.1:${port}/v1/auth/token`, { method: 'POST', headers, body });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** A user who may log in and has a role, if one is named. */
export async function aUser(
  app: INestApplicationContext,
  tenantId: string,
  roleId?: string,
): Promise<string> {
  const ctx = testContext({ tenantId });
  const commands = app.get(CommandBus, { strict: false });
  const { streamId: id } = await commands.execute(
    new CreateUser(ctx, { email: `${uuidv7()}@example.com`, emailVerified: true }),
  );
  if (roleId !== undefined)
    await commands.execute(
      new SetRole(ctx, everything, { principal: { type: 'user', id }, roleId, has: true }),
    );
  return id;
}
