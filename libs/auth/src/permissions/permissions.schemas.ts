import { z } from 'zod';

/** Answer to `GET /v1/permissions`. */
export const PermissionsResponse = z
  .object({
    items: z.array(
      z.object({
        name: z
          .string()
          .meta({ description: 'What a key or a role is given.', examples: ['auth.api_keys.read'] }),
        conditions: z.array(z.string()).meta({
          description: 'The attributes that the condition of a role with this permission may test.',
          examples: [['department']],
        }),
      }),
    ),
  })
  .meta({ id: 'Permissions', description: 'Every permission that an operation of this API asks for.' });
export type PermissionsResponse = z.infer<typeof PermissionsResponse>;
