import { TenantResponse, type ListTenantsQuery } from '@acci/tenancy';
import { Option, SubCommand } from 'nest-commander';
import type { z } from 'zod';
import { AcciCommand, type CommonOptions } from '../acci-command.js';
import { oneOf } from '../exit-codes.js';
import { TenantLookup } from './tenant-lookup.js';

const statuses = [...TenantResponse.shape.status.options];
const orders = ['name', '-name', 'slug', '-slug', 'createdAt', '-createdAt'];

type Filter = z.input<typeof ListTenantsQuery>;

interface ListOptions extends CommonOptions, Pick<Filter, 'status' | 'plan' | 'search' | 'sort'> {}

@SubCommand({ name: 'list', description: 'List tenants.' })
export class ListTenantsCommand extends AcciCommand<ListOptions> {
  protected readonly examples = [
    'acci tenants list --status suspended',
    `acci tenants list --json | jq -r '.[].id'`,
  ];

  constructor(private readonly tenants: TenantLookup) {
    super();
  }

  @Option({
    flags: '--status <status>',
    description: 'only those in this status',
    choices: statuses,
  })
  status(status: string): string {
    return oneOf(statuses, status);
  }

  @Option({ flags: '--plan <plan>', description: 'only those on this plan' })
  plan(plan: string): string {
    return plan;
  }

  @Option({ flags: '--search <text>', description: 'only those with this in name or slug' })
  search(text: string): string {
    return text;
  }

  @Option({
    flags: '--sort <order>',
    description: 'the order; a minus turns it round',
    choices: orders,
    defaultValue: 'name',
  })
  sort(order: string): string {
    return oneOf(orders, order);
  }

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
