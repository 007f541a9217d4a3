import type { Aggregate, AggregateClass, DomainError } from '@acci/event-store';
import { ApiKey } from '../api-key/api-key.aggregate.js';
import { ApiKeyNotFound } from '../api-key/api-key.errors.js';
import { Group } from '../group/group.aggregate.js';
import { GroupNotFound } from '../group/group.errors.js';
import { ServiceAccount } from '../service-account/service-account.aggregate.js';
import { ServiceAccountNotFound } from '../service-account/service-account.errors.js';
import { User } from '../user/user.aggregate.js';
import { UserNotFound } from '../user/user.errors.js';

/** Whoever of a tenant can have roles. */
export interface Principal {
  readonly type: 'user' | 'group' | 'api_key' | 'service_account';
  readonly id: string;
}

/** An aggregate that can have roles. */
export interface RoleHolder extends Aggregate {
  assignRole(roleId: string): void;
  revokeRole(roleId: string): void;
}

interface HolderKind {
  readonly aggregate: AggregateClass<RoleHolder>;
  readonly notFound: (id: string) => DomainError;
}

/** The aggregate of each kind of principal. */
export const holders: Readonly<Record<Principal['type'], HolderKind>> = {
  user: { aggregate: User, notFound: (id) => new UserNotFound(id) },
  group: { aggregate: Group, notFound: (id) => new GroupNotFound(id) },
  api_key: { aggregate: ApiKey, notFound: (id) => new ApiKeyNotFound(id) },
  service_account: { aggregate: ServiceAccount, notFound: (id) => new ServiceAccountNotFound(id) },
};
