import { timingSafeEqual } from 'node:crypto';
import { PLATFORM_TENANT_ID } from '@acci/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import { hashKeyText, type KeyAddress } from '../api-key/key-text.js';
import { type AuthModuleOptions, MODULE_OPTIONS_TOKEN } from '../auth.options.js';
import { OperatorKeyWeak } from './operator-key.errors.js';

/** The id of the configured key is fixed, so that no process need look for it. */
export const configuredKeyId = '00000000-0000-7000-8000-000000000001';

const address: KeyAddress = { tenantId: PLATFORM_TENANT_ID, keyId: configuredKeyId };

/** The operator key that the configuration gives, if it does. */
@Injectable()
export class ConfiguredOperatorKey {
  readonly address = address;
  /** Undefined if none is configured. */
  readonly hash: Buffer | undefined;

  /** @throws {OperatorKeyWeak} */
  constructor(@Inject(MODULE_OPTIONS_TOKEN) { operatorKey }: AuthModuleOptions) {
    if (operatorKey === undefined) return;
    assertStrong(operatorKey);
    this.hash = hashKeyText(operatorKey);
  }

  /** Where the key stands in the database, if the hash is its. It may have any form, so its text does not say that. */
  addressOf(hash: Buffer): KeyAddress | undefined {
    return this.hash && timingSafeEqual(this.hash, hash) ? address : undefined;
  }
}

/** Its strength cannot be measured; what is refused here is what is weak for certain. */
function assertStrong(text: string): void {
  if (text.length < 32) throw new OperatorKeyWeak('has fewer than 32 characters');
  if (!/^[A-Za-z0-9._~+/-]{1,500}=*$/.test(text)) {
    throw new OperatorKeyWeak('has characters that no Bearer token may have, or more than 500');
  }
  const bits = text.length * Math.log2(new Set(text).size);
  if (bits < 96) throw new OperatorKeyWeak('repeats too few characters');
}
