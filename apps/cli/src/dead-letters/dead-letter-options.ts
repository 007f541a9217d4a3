import type { DeadLetterOfTenant, DeadLetters, EveryTenantSelection } from '@acci/projections';
import { tenantOption, type TakenOption } from '../options.js';

/** What commands are told of which dead letters they are to take. */
export interface DeadLetterOptions {
  readonly tenant?: string;
  readonly subscription?: string;
}

export const ofTenant = tenantOption('only of this tenant');

export const ofSubscription: TakenOption = {
  flags: '--subscription <name>',
  description: 'only of this subscription or process manager',
};

const pageSize = 200;

/** All that are wanted, page by page, oldest first: those that fail anew meanwhile do not come again. */
export async function* pagesOf(
  deadLetters: DeadLetters,
  selection: EveryTenantSelection,
): AsyncGenerator<readonly DeadLetterOfTenant[]> {
  for (let after: string | undefined; ;) {
    const page = await deadLetters.listEverywhere({ ...selection, after, limit: pageSize });
    if (page.length > 0) yield page;
    if (page.length < pageSize) return;
    after = page.at(-1)?.id;
  }
}
