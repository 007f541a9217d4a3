import { unhandledEvent } from '@acci/event-store';
import type { TenantEvent } from '../tenant.events.js';

/** What an event means, in words for people. */
export function describeTenantEvent(event: TenantEvent): string {
  switch (event.type) {
    case 'tenancy.tenant.created':
      return `Created as ${event.data.name} (${event.data.slug})`;
    case 'tenancy.tenant.renamed':
      return `Renamed to ${event.data.name}`;
    case 'tenancy.tenant.settings_changed':
      return `Settings changed: ${Object.keys(event.data.changes).join(', ')}`;
    case 'tenancy.tenant.plan_changed':
      return `Plan changed to ${event.data.plan}`;
    case 'tenancy.tenant.home_region_changed':
      return `Home region changed to ${event.data.homeRegion}`;
    case 'tenancy.tenant.moved':
      return event.data.parentId === null ? 'Moved to the top' : `Moved below ${event.data.parentId}`;
    case 'tenancy.tenant.suspended':
      return `Suspended: ${event.data.reason}`;
    case 'tenancy.tenant.reactivated':
      return 'Reactivated';
    case 'tenancy.tenant.deletion_scheduled': {
      const { dueAt, reason } = event.data;
      return `Deletion scheduled for ${dueAt}${reason === null ? '' : `: ${reason}`}`;
    }
    case 'tenancy.tenant.deletion_cancelled':
      return 'Deletion cancelled';
    case 'tenancy.tenant.purged':
      return 'Purged';
    default:
      return unhandledEvent(event);
  }
}
