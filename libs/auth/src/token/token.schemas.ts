import { z } from 'zod';

/** An access token, as RFC 6749 answers it (section 5.1). */
export const TokenResponse = z
  .object({
    access_token: z.string().meta({ description: 'For `Authorization: Bearer`.' }),
    token_type: z.literal('Bearer'),
    expires_in: z.int().meta({ description: 'How long it is good, in seconds.' }),
    scope: z.string().meta({ description: 'What it is good for: permissions, separated by spaces.' }),
  })
  .meta({
    id: 'TokenResponse',
    examples: [
      {
        access_token:
          'acciat_030TsCwCIrMRYcHxmUbaEc_000000002dwHTRTFRxWLTM_ThisIsAnExampleAndOpensNothingAtAllAnywhere_000000',
        token_type: 'Bearer',
        expires_in: 900,
        scope: 'shop.orders.read',
      },
    ],
  });
export type TokenResponse = z.output<typeof TokenResponse>;

/** A refusal, as RFC 6749 answers it (section 5.2). */
export const TokenErrorResponse = z
  .object({
    error: z.enum(['invalid_request', 'invalid_client', 'invalid_scope', 'unsupported_grant_type']),
    error_description: z.string(),
  })
  .meta({
    id: 'TokenErrorResponse',
    examples: [{ error: 'invalid_client', error_description: 'The client could not be authenticated.' }],
  });
export type TokenErrorResponse = z.output<typeof TokenErrorResponse>;
