import { Database, prepared } from '@acci/database';
import type { Context } from '@acci/event-store';
import { cutPage, decodeCursor, encodeCursor, type Page } from '@acci/rest';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { z } from 'zod';
import type { GuestResponse } from '../guest.schemas.js';
import { guestsWhere } from './guest-rows.js';

const select = prepared(`${guestsWhere('($2::uuid is null or principal_id > $2)')}
   order by principal_id
   limit $3`);

/**
 * A page of the users of tenants above who have roles in the context's tenant.
 *
 * @example
 * const { items, next } = await queryBus.execute(new ListGuests(ctx, { limit: 50 }));
 */
export class ListGuests extends Query<Page<GuestResponse>> {
  constructor(
    readonly ctx: Context,
    readonly page: { readonly limit: number; readonly cursor?: string | undefined },
  ) {
    super();
  }
}

/** Handles {@link ListGuests}. */
@QueryHandler(ListGuests)
export class ListGuestsHandler implements IQueryHandler<ListGuests> {
  constructor(private readonly database: Database) {}

  async execute({ ctx: { tenantId }, page: { limit, cursor } }: ListGuests): Promise<Page<GuestResponse>> {
    const after = decodeCursor(cursor, z.uuid()) ?? null;
    const rows = await this.database.queryInTenant<GuestResponse>(tenantId, select, [
      tenantId,
      after,
      limit + 1,
    ]);
    return cutPage(rows, limit, ({ userId }) => encodeCursor(userId));
  }
}
