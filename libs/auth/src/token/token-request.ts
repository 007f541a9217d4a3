import { z } from 'zod';
import { TokenRefused } from './token.errors.js';

/** The only assertions that are taken (RFC 7523, section 2.2). */
export const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

const field = (max: number) => z.string().max(max);

/** By which a client authenticates in a form. */
const client = {
  client_id: field(200).optional(),
  client_secret: field(200).optional(),
  client_assertion_type: field(200)
    .optional()
    .meta({ examples: [assertionType] }),
  client_assertion: field(20_000).optional(),
};
const clientExample = {
  client_id: '019a8f3e-9c2b-7d4e-8f10-3b5a6c7d8e9f.00000000-0000-7000-8000-000000000000',
  client_secret:
    'acciss_030TsCwCIrMRYcHxmUbaEc_000000002dwHTRTFRxWLTM_ThisIsAnExampleAndOpensNothingAtAllAnywhere_000000',
};

/** The form of a request for a token. What it does not name is ignored, as RFC 6749 wants it (section 3.2). */
export const TokenRequest = z
  .object({
    grant_type: field(100).meta({ description: '`client_credentials`', examples: ['client_credentials'] }),
    scope: field(20_000).optional().meta({
      description: 'Permissions, separated by spaces; all that the service account holds, if left out.',
    }),
    ...client,
  })
  .meta({
    id: 'TokenRequest',
    examples: [
      {
        grant_type: 'client_credentials',
        scope: 'auth.api_keys.read',
        ...clientExample,
      },
    ],
  });
export type TokenRequest = z.output<typeof TokenRequest>;

/** How a client authenticates in a form. */
export type ClientFields = Pick<TokenRequest, keyof typeof client>;

/** The form by which a client takes a token back (RFC 7009, section 2.1). There is one type: a hint says nothing new. */
export const RevocationRequest = z
  .object({
    token: field(20_000).min(1).meta({ description: 'The access token.' }),
    token_type_hint: field(100)
      .optional()
      .meta({ examples: ['access_token'] }),
    ...client,
  })
  .meta({
    id: 'RevocationRequest',
    examples: [
      {
        token:
          'acciat_030TsCwCIrMRYcHxmUbaEc_000000002dwHTRTFRxWLTM_ThisIsAnExampleAndOpensNothingAtAllAnywhere_000000',
        ...clientExample,
      },
    ],
  });
export type RevocationRequest = z.output<typeof RevocationRequest>;

/** A form without what is empty: that is as good as left out (RFC 6749, section 3.2). */
export function withoutEmpty<F extends ClientFields>(form: F): F {
  return Object.fromEntries(Object.entries(form).filter(([, value]) => value !== '')) as F;
}

/**
 * The form, if it is one of client credentials.
 *
 * @throws {TokenRefused} `unsupported_grant_type`
 */
export function clientCredentialsOf(form: TokenRequest): TokenRequest {
  if (form.grant_type !== 'client_credentials')
    throw new TokenRefused('unsupported_grant_type', 'Only client_credentials is supported.');
  return withoutEmpty(form);
}
