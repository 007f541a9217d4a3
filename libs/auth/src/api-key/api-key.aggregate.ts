import { Aggregate, unhandledEvent } from '@acci/event-store';
import { ApiKeyConfigured, ApiKeyExpiryPast } from './api-key.errors.js';
import { ApiKeyCreated, ApiKeyRevoked, ApiKeySecretReplaced } from './api-key.events.js';

type ApiKeyEvent = ApiKeyCreated | ApiKeySecretReplaced | ApiKeyRevoked;
type Origin = ApiKeyCreated['data']['origin'];

/** What a new key is called and may do. */
export interface ApiKeyTerms {
  readonly name: string;
  readonly permissions: readonly string[];
  /** Undefined for a key that does not expire. */
  readonly expiresAt?: Date | undefined;
  readonly origin: Origin;
}

/** A key to the API: what it may do and until when. Its secret lives elsewhere, as a hash. */
export class ApiKey extends Aggregate<ApiKeyEvent> {
  static readonly streamType = 'auth.api_key';
  static readonly events = [ApiKeyCreated, ApiKeySecretReplaced, ApiKeyRevoked];

  private origin: Origin = 'request';
  private revoked = false;

  /** @throws {ApiKeyExpiryPast} for a key that could never be used. */
  create({ name, permissions, expiresAt, origin }: ApiKeyTerms, now: Date): void {
    if (expiresAt && expiresAt <= now) throw new ApiKeyExpiryPast();
    const unique = [...new Set(permissions)].sort();
    this.record(
      ApiKeyCreated.of({ name, permissions: unique, expiresAt: expiresAt?.toISOString() ?? null, origin }),
    );
  }

  /** The same key under another secret; only the configured one can change its secret so far. */
  replaceSecret(): void {
    this.record(ApiKeySecretReplaced.of({}));
  }

  /**
   * Takes the key back. Once more changes nothing.
   * @throws {ApiKeyConfigured} for the key of the configuration, which the next start would bring back.
   */
  revoke(): void {
    if (this.origin === 'configuration') throw new ApiKeyConfigured();
    if (!this.revoked) this.record(ApiKeyRevoked.of({}));
  }

  protected apply(event: ApiKeyEvent): void {
    switch (event.type) {
      case 'auth.api_key.created':
        this.origin = event.data.origin;
        return;
      case 'auth.api_key.secret_replaced':
        return;
      case 'auth.api_key.revoked':
        this.revoked = true;
        return;
      default:
        unhandledEvent(event);
    }
  }
}
