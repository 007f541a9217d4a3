import { z } from 'zod';

/** Which tenant a request is for, as long as nobody is identified. */
export const TenantSlug = z
  .string()
  .min(1)
  .max(63)
  .meta({
    description:
      'The tenant’s slug. If left out, the host name of the request says it, where the platform is set up so.',
    examples: ['acme'],
  });
