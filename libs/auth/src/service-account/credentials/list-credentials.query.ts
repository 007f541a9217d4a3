import type { Context } from '@acci/event-store';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import { GetServiceAccount } from '../service-accounts/get-service-account.query.js';
import { CredentialTable } from './credential-table.js';
import type { ServiceAccountCredentialResponse } from './credential.schemas.js';

/**
 * What a service account of the context's tenant can log in with, oldest first, without what is secret about it.
 *
 * @throws {ServiceAccountNotFound}
 * @example
 * const credentials = await queryBus.execute(new ListServiceAccountCredentials(ctx, id));
 */
export class ListServiceAccountCredentials extends Query<ServiceAccountCredentialResponse[]> {
  constructor(
    readonly ctx: Context,
    readonly id: string,
  ) {
    super();
  }
}

/** Handles {@link ListServiceAccountCredentials}. */
@QueryHandler(ListServiceAccountCredentials)
export class ListServiceAccountCredentialsHandler implements IQueryHandler<ListServiceAccountCredentials> {
  constructor(
    private readonly queries: QueryBus,
    private readonly credentials: CredentialTable,
  ) {}

  async execute({ ctx, id }: ListServiceAccountCredentials): Promise<ServiceAccountCredentialResponse[]> {
    await this.queries.execute(new GetServiceAccount(ctx, id));
    return this.credentials.list({ tenantId: ctx.tenantId, accountId: id });
  }
}
