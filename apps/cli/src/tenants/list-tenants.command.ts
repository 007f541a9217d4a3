import { TenantResponse, type ListTenantsQuery } from '@acci/tenancy';
import { SubCommand } from 'nest-commander';
import type { z } from 'zod';
import { AcciCommand, type CommonOptions } from '../acci-command.js';
import { choice, Takes } from '../options.js';

const statuses = [...TenantResponse.shape.status.options];
const orders = ['name', '-name', 'slug', '-slug', 'createdAt', '-createdAt'];

type Filter = z.input<typeof ListTenantsQuery>;

interface ListOptions extends CommonOptions, Pick<Filter, 'status' | 'plan' | 'search' | 'sort'> {}

@SubCommand({ name: 'list', description: 'List tenants.' })
@Takes(
  choice('--status <status>', 'only those in this status', statuses),
  { flags: '--plan <plan>', description: 'only those on this plan' },
  { flags: '--search <text>', description: 'only those with this in name or slug' },
  { ...choice('--sort <order>', 'the order; a minus turns it round', orders), defaultValue: 'name' },
)
export class ListTenantsCommand extends AcciCommand<ListOptions> {
  protected readonly examples = [
    'acci tenants list --status suspended',
    `acci tenants list --json | jq -r '.[].id'`,
  ];

  protected async execute(_params: readonly string[], { json, ...filter }: ListOptions): Promise<void> {
    const tenants = await this.tenants.list(filter);
    if (json) return this.terminal.printJson(tenants);
    await this.terminal.printTable(
      ['ID', 'SLUG', 'NAME', 'PLAN', 'REGION', 'STATUS'],
      tenants.map(({ id, slug, name, plan, homeRegion, status }) => [
        id,
        slug,
        name,
        plan,
        homeRegion,
        status,
      ]),
    );
  }
}
