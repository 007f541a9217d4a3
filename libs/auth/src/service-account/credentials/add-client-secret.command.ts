import { uuidv7 } from '@acci/database';
import { type Context, EventStore } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { KeyCreator } from '../../api-key/within-creator.js';
import { AddCredential } from './add-credential.js';
import { newClientSecret } from './credential-table.js';

/** A secret that {@link AddClientSecret} made. */
export interface AddedClientSecret {
  readonly credentialId: string;
  /** Null if it was shown before: it is kept nowhere. */
  readonly clientSecret: string | null;
}

/**
 * Makes a further secret for a service account, beside those that it has. Under a command id it is made once, and shown
 * once.
 *
 * @throws {ServiceAccountNotFound} {@link ServiceAccountIsDisabled} {@link PermissionNotHeld} {@link ServiceAccountCredentialExpiryPast} {@link TooManyServiceAccountCredentials}
 * @example
 * const { clientSecret } = await commandBus.execute(new AddClientSecret(ctx, caller, { id, name: 'From July on' }));
 */
export class AddClientSecret extends Command<AddedClientSecret> {
  constructor(
    readonly ctx: Context,
    readonly caller: KeyCreator,
    readonly input: { readonly id: string; readonly name: string; readonly expiresAt?: Date | undefined },
  ) {
    super();
  }
}

/** Handles {@link AddClientSecret}. */
@CommandHandler(AddClientSecret)
export class AddClientSecretHandler implements ICommandHandler<AddClientSecret> {
  constructor(
    private readonly store: EventStore,
    private readonly credentials: AddCredential,
  ) {}

  async execute({ ctx, caller, input }: AddClientSecret): Promise<AddedClientSecret> {
    let clientSecret: string | null = null;
    const add = async (): Promise<string> => {
      const { id: accountId, name, expiresAt = null } = input;
      const id = uuidv7();
      const { text, hash } = newClientSecret(ctx.tenantId, id);
      await this.credentials.add(ctx, caller, accountId, { id, name, expiresAt, secretHash: hash });
      clientSecret = text;
      return id;
    };
    const credentialId = await this.store.once(ctx, add, { command: ['AddClientSecret', input] });
    return { credentialId, clientSecret };
  }
}
