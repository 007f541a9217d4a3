import { pageQuery, pageSchema } from '@acci/rest';
import { z } from 'zod';

const exampleId = '019a8f3e-9c2b-7d4e-8f10-3b5a6c7d8e9f';

/** Query of `GET /guests`. */
export const ListGuestsQuery = pageQuery();
export type ListGuestsQuery = z.output<typeof ListGuestsQuery>;

/** A user of a tenant above who has roles in this one. */
export const GuestResponse = z
  .object({
    userId: z.uuid(),
    homeTenantId: z.uuid().meta({ description: 'The tenant above that they are a user of.' }),
    roleIds: z.array(z.string()).meta({ description: 'The roles that they have in this tenant.' }),
  })
  .meta({
    id: 'Guest',
    examples: [
      { userId: exampleId, homeTenantId: '019a8f3e-0000-7d4e-8f10-3b5a6c7d8e9f', roleIds: ['auditor'] },
    ],
  });
export type GuestResponse = z.output<typeof GuestResponse>;

/** A page of guests. */
export const GuestPage = pageSchema(GuestResponse, 'GuestPage');
