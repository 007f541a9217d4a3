import { z } from 'zod';

/** What carries a session from now on: members of the answers that say so. */
export const sessionCarrier = {
  token: z
    .string()
    .nullable()
    .meta({ description: 'For `Authorization: Bearer`, shown this once; null if a cookie has it.' }),
  csrfToken: z.string().nullable().meta({
    description: 'With a cookie, for the header `X-CSRF-Token` of requests that write; null without.',
  }),
};
