import { LiveFeed, type Context } from '@acci/event-store';
import type { StreamSource } from '@acci/rest';
import { type IQueryHandler, Query, QueryBus, QueryHandler } from '@nestjs/cqrs';
import {
  ServiceAccountCredentialAdded,
  ServiceAccountCredentialRevoked,
  ServiceAccountDeleted,
} from '../service-account.events.js';
import type { ServiceAccountCredentialResponse } from './credential.schemas.js';
import { ListServiceAccountCredentials } from './list-credentials.query.js';

/**
 * What a service account of the context's tenant can log in with, as it is added and revoked, without what is secret
 * about it. It needs `LiveFeedModule`, as `AuthHttpModule` imports it.
 *
 * @throws {ServiceAccountNotFound}
 * @throws {HttpProblem} `request.cursor.invalid` for a cursor of another account or list.
 * @example
 * const source = await queryBus.execute(new FollowServiceAccountCredentials(ctx, id, lastEventId));
 */
export class FollowServiceAccountCredentials extends Query<StreamSource<ServiceAccountCredentialResponse>> {
  constructor(
    readonly ctx: Context,
    readonly id: string,
    readonly cursor?: string,
  ) {
    super();
  }
}

/** Handles {@link FollowServiceAccountCredentials}. */
@QueryHandler(FollowServiceAccountCredentials)
export class FollowServiceAccountCredentialsHandler implements IQueryHandler<FollowServiceAccountCredentials> {
  constructor(
    private readonly live: LiveFeed,
    private readonly queryBus: QueryBus,
  ) {}

  async execute({
    ctx,
    id,
    cursor,
  }: FollowServiceAccountCredentials): Promise<StreamSource<ServiceAccountCredentialResponse>> {
    const list = () => this.queryBus.execute(new ListServiceAccountCredentials(ctx, id));
    await list();
    return this.live.list<ServiceAccountCredentialResponse>(ctx, cursor, {
      name: 'auth.service-account-credentials',
      eventTypes: [
        ServiceAccountCredentialAdded.type,
        ServiceAccountCredentialRevoked.type,
        ServiceAccountDeleted.type,
      ],
      filter: { accountId: id },
      // That the account is deleted is about none of them: the stream ends.
      idOf: ({ streamId, data }) =>
        streamId === id ? ((data as { credentialId?: string }).credentialId ?? id) : undefined,
      find: async (ids) => (await list()).filter((credential) => ids.includes(credential.id)),
    });
  }
}
