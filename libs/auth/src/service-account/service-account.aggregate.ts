import { Aggregate, unhandledEvent } from '@acci/event-store';
import {
  ServiceAccountCredentialExpiryPast,
  ServiceAccountIsDisabled,
  ServiceAccountAlreadyDisabled,
  ServiceAccountNotDisabled,
  ServiceAccountNotFound,
  TooManyServiceAccountCredentials,
} from './service-account.errors.js';
import {
  ServiceAccountChanged,
  ServiceAccountCreated,
  ServiceAccountCredentialAdded,
  ServiceAccountCredentialRevoked,
  ServiceAccountDeleted,
  ServiceAccountDisabled,
  ServiceAccountEnabled,
  type ServiceAccountEvent,
  serviceAccountEvents,
  ServiceAccountRoleAssigned,
  ServiceAccountRoleRevoked,
} from './service-account.events.js';

/** What a service account is called and may do. */
export interface ServiceAccountTerms {
  readonly name: string;
  readonly description: string | null;
  readonly permissions: readonly string[];
}

/** Something to log in with, but for what is secret about it. */
export interface NewCredential {
  readonly credentialId: string;
  readonly kind: 'client_secret' | 'public_key';
  readonly name: string;
  /** Undefined for one that does not expire. */
  readonly expiresAt?: Date | undefined;
}

/** So many each login may have to try; enough to change secrets and keys over one by one. */
const mostCredentials = 10;

const unique = (texts: readonly string[]): string[] => [...new Set(texts)].sort();

/** A program that acts in a tenant on its own account. It logs in with secrets or keys, of which it may have several. */
export class ServiceAccount extends Aggregate<ServiceAccountEvent> {
  static readonly streamType = 'auth.service_account';
  static readonly events = serviceAccountEvents;

  private terms: ServiceAccountTerms = { name: '', description: null, permissions: [] };
  private disabled = false;
  private deleted = false;
  private credentialIds: readonly string[] = [];
  private roleIds: readonly string[] = [];

  /** Its own permissions, without those of its roles. */
  get permissions(): readonly string[] {
    return this.terms.permissions;
  }

  create({ name, description, permissions }: ServiceAccountTerms): void {
    this.record(ServiceAccountCreated.of({ name, description, permissions: unique(permissions) }));
  }

  /** Changes what is named and differs from what it is; nothing if that is nothing. */
  change(wanted: Partial<ServiceAccountTerms>): void {
    this.assertExists();
    const { name, description, permissions } = this.terms;
    const may = wanted.permissions && unique(wanted.permissions);
    const changes = {
      ...(wanted.name !== undefined && wanted.name !== name && { name: { from: name, to: wanted.name } }),
      ...(wanted.description !== undefined &&
        wanted.description !== description && { description: wanted.description }),
      ...(may && may.join(' ') !== permissions.join(' ') && { permissions: may }),
    };
    if (Object.keys(changes).length > 0) this.record(ServiceAccountChanged.of(changes));
  }

  /** @throws {ServiceAccountIsDisabled} {@link ServiceAccountCredentialExpiryPast} {@link TooManyServiceAccountCredentials} */
  addCredential({ credentialId, kind, name, expiresAt }: NewCredential, now: Date): void {
    this.assertExists();
    if (this.disabled) throw new ServiceAccountIsDisabled(this.id);
    if (expiresAt && expiresAt <= now) throw new ServiceAccountCredentialExpiryPast();
    if (this.credentialIds.length >= mostCredentials)
      throw new TooManyServiceAccountCredentials(mostCredentials);
    const end = expiresAt?.toISOString() ?? null;
    this.record(ServiceAccountCredentialAdded.of({ credentialId, kind, name, expiresAt: end }));
  }

  /** One that is not there changes nothing. */
  revokeCredential(credentialId: string): void {
    this.assertExists();
    if (this.credentialIds.includes(credentialId))
      this.record(ServiceAccountCredentialRevoked.of({ credentialId }));
  }

  /** Once more changes nothing. */
  assignRole(roleId: string): void {
    this.assertExists();
    if (!this.roleIds.includes(roleId)) this.record(ServiceAccountRoleAssigned.of({ roleId }));
  }

  /** Once more changes nothing. */
  revokeRole(roleId: string): void {
    this.assertExists();
    if (this.roleIds.includes(roleId)) this.record(ServiceAccountRoleRevoked.of({ roleId }));
  }

  /** @throws {ServiceAccountAlreadyDisabled} */
  disable(): void {
    this.assertExists();
    if (this.disabled) throw new ServiceAccountAlreadyDisabled(this.id);
    this.record(ServiceAccountDisabled.of({}));
  }

  /** @throws {ServiceAccountNotDisabled} */
  enable(): void {
    this.assertExists();
    if (!this.disabled) throw new ServiceAccountNotDisabled(this.id);
    this.record(ServiceAccountEnabled.of({}));
  }

  delete(): void {
    this.assertExists();
    this.record(ServiceAccountDeleted.of({ name: this.terms.name }));
  }

  protected apply(event: ServiceAccountEvent): void {
    switch (event.type) {
      case 'auth.service_account.created':
        this.terms = event.data;
        return;
      case 'auth.service_account.changed': {
        const { name, ...changes } = event.data;
        this.terms = { ...this.terms, ...changes, ...(name && { name: name.to }) };
        return;
      }
      case 'auth.service_account.credential_added':
        this.credentialIds = [...this.credentialIds, event.data.credentialId];
        return;
      case 'auth.service_account.credential_revoked':
        this.credentialIds = this.credentialIds.filter((id) => id !== event.data.credentialId);
        return;
      case 'auth.service_account.role_assigned':
        this.roleIds = [...this.roleIds, event.data.roleId];
        return;
      case 'auth.service_account.role_revoked':
        this.roleIds = this.roleIds.filter((id) => id !== event.data.roleId);
        return;
      case 'auth.service_account.disabled':
        this.disabled = true;
        return;
      case 'auth.service_account.enabled':
        this.disabled = false;
        return;
      case 'auth.service_account.deleted':
        this.deleted = true;
        return;
      default:
        unhandledEvent(event);
    }
  }

  /** The stream of a deleted one goes on existing, but nothing in it may be told apart from one that never did. */
  private assertExists(): void {
    if (this.deleted) throw new ServiceAccountNotFound(this.id);
  }
}
