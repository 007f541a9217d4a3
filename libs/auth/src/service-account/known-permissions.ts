import { PLATFORM_TENANT_ID } from '@acci/tenancy';
import { Injectable } from '@nestjs/common';
import { PermissionUnknown } from '../permissions/permission.errors.js';
import { PermissionCatalogue } from '../permissions/permission-catalogue.js';
import { ServiceAccountNotPlatform } from './service-account.errors.js';

/** What a service account can be given at all. */
@Injectable()
export class KnownPermissions {
  constructor(private readonly catalogue: PermissionCatalogue) {}

  /** @throws {PermissionUnknown} {@link ServiceAccountNotPlatform} */
  assertKnown(tenantId: string, wanted: readonly string[]): void {
    if (wanted.includes('*') && tenantId !== PLATFORM_TENANT_ID) throw new ServiceAccountNotPlatform();
    const unknown = [...wanted.keys()].filter((place) => !this.catalogue.knows(wanted[place] as string));
    if (unknown.length > 0) throw new PermissionUnknown(unknown);
  }
}
