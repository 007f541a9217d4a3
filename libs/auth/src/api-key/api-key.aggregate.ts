import { Aggregate, unhandledEvent, upcast } from '@acci/event-store';
import {
  ApiKeyConfigured,
  ApiKeyEnded,
  ApiKeyExpiryPast,
  ApiKeyRotating,
  ApiKeyTakenBack,
} from './api-key.errors.js';
import {
  ApiKeyChanged,
  ApiKeyCreated,
  ApiKeyCreatedV1,
  type ApiKeyEvent,
  apiKeyEvents,
  ApiKeyRevoked,
  ApiKeyRoleAssigned,
  ApiKeyRoleRevoked,
  ApiKeyRotated,
  ApiKeySecretReplaced,
} from './api-key.events.js';

type Origin = ApiKeyCreated['data']['origin'];

/** What a new key is called and may do. */
export interface ApiKeyTerms {
  readonly name: string;
  readonly permissions: readonly string[];
  /** Undefined for a key that does not expire. */
  readonly expiresAt?: Date | undefined;
  /** The networks it is good from; from anywhere, if there are none. */
  readonly addressRanges?: readonly string[] | undefined;
  /** Who it dies with; undefined for a key of the tenant itself. */
  readonly owner?: ApiKeyCreated['data']['owner'] | undefined;
  readonly origin: Origin;
}

/** What of a key can become something else. */
export type ApiKeyChanges = Partial<Pick<ApiKeyTerms, 'name' | 'addressRanges'>>;

const unique = (texts: readonly string[]): string[] => [...new Set(texts)].sort();

/** A key to the API: what it may do, from where and until when. Its secrets live elsewhere, as hashes. */
export class ApiKey extends Aggregate<ApiKeyEvent> {
  static readonly streamType = 'auth.api_key';
  static readonly events = apiKeyEvents;
  static readonly upcasters = [
    upcast(ApiKeyCreatedV1).to(ApiKeyCreated, (data) => ({ ...data, addressRanges: [], owner: null })),
  ];

  private origin: Origin = 'request';
  private name = '';
  private addressRanges: readonly string[] = [];
  private revoked = false;
  private expiresAt: string | null = null;
  private previousUntil: string | null = null;
  private roleIds: readonly string[] = [];

  /** @throws {ApiKeyExpiryPast} for a key that could never be used. */
  create(terms: ApiKeyTerms, now: Date): void {
    const { name, expiresAt, origin, owner = null } = terms;
    if (expiresAt && expiresAt <= now) throw new ApiKeyExpiryPast();
    this.record(
      ApiKeyCreated.of({
        name,
        permissions: unique(terms.permissions),
        expiresAt: expiresAt?.toISOString() ?? null,
        origin,
        addressRanges: unique(terms.addressRanges ?? []),
        owner,
      }),
    );
  }

  /**
   * Changes what is named and differs from what it is; nothing if that is nothing.
   *
   * @throws {ApiKeyConfigured} {@link ApiKeyTakenBack}
   */
  change(wanted: ApiKeyChanges): void {
    if (this.origin === 'configuration') throw new ApiKeyConfigured();
    if (this.revoked) throw new ApiKeyTakenBack();
    const ranges = wanted.addressRanges && unique(wanted.addressRanges);
    const changes = {
      ...(wanted.name !== undefined && wanted.name !== this.name && { name: wanted.name }),
      ...(ranges && ranges.join(' ') !== this.addressRanges.join(' ') && { addressRanges: ranges }),
    };
    if (Object.keys(changes).length > 0) this.record(ApiKeyChanged.of(changes));
  }

  /** The same key under the secret that the configuration gives now. */
  replaceSecret(): void {
    this.record(ApiKeySecretReplaced.of({}));
  }

  /**
   * The same key under another secret.
   *
   * @param previousUntil until when the secret before is good. `now` ends every earlier secret at once.
   * @throws {ApiKeyConfigured} {@link ApiKeyTakenBack} {@link ApiKeyEnded} for a key that cannot have another.
   * @throws {ApiKeyRotating} while the secret before last is good: a key has two secrets at most.
   */
  rotate(previousUntil: Date, now: Date): void {
    if (this.origin === 'configuration') throw new ApiKeyConfigured();
    if (this.revoked) throw new ApiKeyTakenBack();
    if (this.expiresAt && Date.parse(this.expiresAt) <= now.getTime()) throw new ApiKeyEnded();
    const overlapping = this.previousUntil && Date.parse(this.previousUntil) > now.getTime();
    if (overlapping && previousUntil > now) throw new ApiKeyRotating(this.previousUntil as string);
    this.record(ApiKeyRotated.of({ previousUntil: previousUntil.toISOString() }));
  }

  /** Once more changes nothing. @throws {ApiKeyConfigured} {@link ApiKeyTakenBack} */
  assignRole(roleId: string): void {
    if (this.origin === 'configuration') throw new ApiKeyConfigured();
    if (this.revoked) throw new ApiKeyTakenBack();
    if (!this.roleIds.includes(roleId)) this.record(ApiKeyRoleAssigned.of({ roleId }));
  }

  /** Once more changes nothing. */
  revokeRole(roleId: string): void {
    if (this.roleIds.includes(roleId)) this.record(ApiKeyRoleRevoked.of({ roleId }));
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
        this.expiresAt = event.data.expiresAt;
        this.name = event.data.name;
        this.addressRanges = event.data.addressRanges;
        return;
      case 'auth.api_key.changed':
        this.name = event.data.name ?? this.name;
        this.addressRanges = event.data.addressRanges ?? this.addressRanges;
        return;
      case 'auth.api_key.secret_replaced':
        return;
      case 'auth.api_key.rotated':
        this.previousUntil = event.data.previousUntil;
        return;
      case 'auth.api_key.role_assigned':
        this.roleIds = [...this.roleIds, event.data.roleId];
        return;
      case 'auth.api_key.role_revoked':
        this.roleIds = this.roleIds.filter((id) => id !== event.data.roleId);
        return;
      case 'auth.api_key.revoked':
        this.revoked = true;
        return;
      default:
        unhandledEvent(event);
    }
  }
}
