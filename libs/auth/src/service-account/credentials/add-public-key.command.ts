import { uuidv7 } from '@acci/database';
import { type Context, EventStore } from '@acci/event-store';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { KeyCreator } from '../../api-key/within-creator.js';
import { AddCredential } from './add-credential.js';
import { type PublicKeyJwk, verificationKey } from './public-key.js';

/** A key that {@link AddPublicKey} added. */
export interface AddedPublicKey {
  readonly credentialId: string;
  /** The `kid` that assertions may name it by. */
  readonly keyId: string;
}

/**
 * Lets a service account log in with assertions that are signed with the private key of this public one.
 *
 * @throws {ServiceAccountNotFound} {@link ServiceAccountIsDisabled} {@link PermissionNotHeld} {@link ServiceAccountCredentialExpiryPast} {@link TooManyServiceAccountCredentials}
 * @throws {PublicKeyUnusable} {@link PublicKeyKnown}
 * @example
 * await commandBus.execute(new AddPublicKey(ctx, caller, { id, name: 'Build server', publicKey: jwk }));
 */
export class AddPublicKey extends Command<AddedPublicKey> {
  constructor(
    readonly ctx: Context,
    readonly caller: KeyCreator,
    readonly input: {
      readonly id: string;
      readonly name: string;
      readonly expiresAt?: Date | undefined;
      readonly publicKey: PublicKeyJwk;
    },
  ) {
    super();
  }
}

/** Handles {@link AddPublicKey}. */
@CommandHandler(AddPublicKey)
export class AddPublicKeyHandler implements ICommandHandler<AddPublicKey> {
  constructor(
    private readonly store: EventStore,
    private readonly credentials: AddCredential,
  ) {}

  async execute({ ctx, caller, input }: AddPublicKey): Promise<AddedPublicKey> {
    const { id: accountId, name, expiresAt = null } = input;
    const publicKey = await verificationKey(input.publicKey);
    const add = async (): Promise<AddedPublicKey> => {
      const id = uuidv7();
      await this.credentials.add(ctx, caller, accountId, { id, name, expiresAt, publicKey });
      return { credentialId: id, keyId: publicKey.keyId };
    };
    return this.store.once(ctx, add, { command: ['AddPublicKey', input] });
  }
}
