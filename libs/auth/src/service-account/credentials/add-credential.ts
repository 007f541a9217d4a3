import { EventStore, type AppendResult, type Context } from '@acci/event-store';
import { Injectable } from '@nestjs/common';
import { assertWithinCreator, type KeyCreator } from '../../api-key/within-creator.js';
import { GrantGate } from '../../grant/grant-gate.js';
import { Grants } from '../../grant/grants.js';
import { grantsWithOwn } from '../../grant/stored-grants.js';
import { updateServiceAccount } from '../change-service-account.js';
import { PublicKeyKnown } from '../service-account.errors.js';
import { type CredentialRow, CredentialTable } from './credential-table.js';

/** Gives a service account something to log in with: the fact and what is kept of it in one transaction. */
@Injectable()
export class AddCredential {
  constructor(
    private readonly store: EventStore,
    private readonly credentials: CredentialTable,
    private readonly grants: Grants,
    private readonly gate: GrantGate,
  ) {}

  /**
   * For somebody who may do all that the account may: whoever can log in as the account can do that from now on.
   *
   * @throws {ServiceAccountNotFound} {@link ServiceAccountIsDisabled} {@link PermissionNotHeld} {@link ServiceAccountCredentialExpiryPast} {@link TooManyServiceAccountCredentials}
   * @throws {ApiKeyOutlivesCreator} {@link ApiKeyRangesWider} for a key that ends before, or is bound to networks, which what
   *   somebody logs in with cannot be.
   * @throws {PublicKeyKnown}
   */
  add(ctx: Context, caller: KeyCreator, id: string, row: CredentialRow): Promise<AppendResult> {
    const { tenantId } = ctx;
    const address = { tenantId, accountId: id };
    assertWithinCreator(caller, { expiresAt: row.expiresAt, addressRanges: [] });
    return this.gate.change(ctx, caller, async (check) => {
      const { tx } = check;
      this.credentials.takeTurns(tx, id);
      const saved = await updateServiceAccount(this.store, ctx, { id }, async (account) => {
        const ofRoles = await this.credentials.grantsOf(tx, address);
        for (const grant of grantsWithOwn(account.permissions, ofRoles))
          check.assertTerms(this.grants.termsOf(grant, tenantId));
        const { id: credentialId, name, expiresAt, publicKey } = row;
        const kind = publicKey ? 'public_key' : 'client_secret';
        const end = expiresAt ?? undefined;
        account.addCredential({ credentialId, kind, name, expiresAt: end }, new Date());
      });
      if (!(await this.credentials.add(tx, address, row))) throw new PublicKeyKnown();
      return saved;
    });
  }
}
