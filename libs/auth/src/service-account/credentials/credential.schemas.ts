import { z } from 'zod';
import { PublicKeyJwk } from './public-key.js';

const exampleId = '019a8f3e-aaaa-7d4e-8f10-3b5a6c7d8e9f';
const exampleClientId = '019a8f3e-9c2b-7d4e-8f10-3b5a6c7d8e9f.00000000-0000-7000-8000-000000000000';
const exampleTime = '2026-01-31T09:30:00.000Z';
const moment = z.iso.datetime();
const name = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .meta({
    description: 'What it is called, so that people can tell it apart.',
    examples: ['Second half of 2026'],
  });
const expiresAt = z.iso
  .datetime({ offset: true })
  // In UTC it may be a year further, and year 10,000 has no ISO 8601 of four digits.
  .refine((text) => new Date(text).getUTCFullYear() <= 9999, 'must be before the year 10000')
  .nullish()
  .meta({ description: 'When it ends; never, if left out.', examples: ['2099-12-31T23:59:59Z'] });

/** The path parameter that names a credential. */
export const CredentialId = z
  .uuid()
  .toLowerCase()
  .meta({ description: 'The credential’s id.', examples: [exampleId] });

/** The body of `POST /service-accounts/{id}/secrets`. */
export const AddClientSecretRequest = z
  .strictObject({ name, expiresAt })
  .meta({ id: 'AddClientSecretRequest', examples: [{ name: 'Second half of 2026' }] });
export type AddClientSecretRequest = z.output<typeof AddClientSecretRequest>;

/** The body of `POST /service-accounts/{id}/public-keys`. */
export const AddPublicKeyRequest = z.strictObject({ name, expiresAt, publicKey: PublicKeyJwk }).meta({
  id: 'AddPublicKeyRequest',
  examples: [
    {
      name: 'Build server',
      publicKey: {
        kty: 'EC',
        crv: 'P-256',
        x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
        y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
        kid: 'build-server',
      },
    },
  ],
});
export type AddPublicKeyRequest = z.output<typeof AddPublicKeyRequest>;

/** Something that a service account logs in with, without what is secret about it. */
export const ServiceAccountCredentialResponse = z
  .object({
    id: z.uuid(),
    kind: z.enum(['client_secret', 'public_key']),
    name: z.string(),
    keyId: z.string().nullable().meta({ description: 'The `kid` of a public key; null for a secret.' }),
    expiresAt: moment.nullable(),
    createdAt: moment,
    lastUsedAt: moment.nullable().meta({ description: 'When it last got an access token; null if never.' }),
  })
  .meta({
    id: 'ServiceAccountCredential',
    examples: [
      {
        id: exampleId,
        kind: 'client_secret',
        name: 'Second half of 2026',
        keyId: null,
        expiresAt: null,
        createdAt: exampleTime,
        lastUsedAt: null,
      },
    ],
  });
export type ServiceAccountCredentialResponse = z.output<typeof ServiceAccountCredentialResponse>;

/** The answer to `GET /service-accounts/{id}/credentials`: there are ten at most, so there are no pages. */
export const ServiceAccountCredentialsResponse = z
  .object({ items: z.array(ServiceAccountCredentialResponse) })
  .meta({ id: 'ServiceAccountCredentials' });
export type ServiceAccountCredentialsResponse = z.output<typeof ServiceAccountCredentialsResponse>;

/** The answer to a new public key. */
export const AddedPublicKeyResponse = z
  .object({ id: z.uuid(), clientId: z.string(), keyId: z.string() })
  .meta({
    id: 'AddedPublicKey',
    examples: [{ id: exampleId, clientId: exampleClientId, keyId: 'build-server' }],
  });
export type AddedPublicKeyResponse = z.output<typeof AddedPublicKeyResponse>;

/** The answer to a new secret: the only time that it is shown. */
export const AddedClientSecretResponse = z
  .object({
    id: z.uuid(),
    clientId: z.string(),
    clientSecret: z
      .string()
      .nullable()
      .meta({
        description:
          'The `client_secret` of OAuth 2.0. It is shown this once and cannot be had again: a repeated answer to an `Idempotency-Key` has null here.',
        examples: [
          'acciss_030TsCwCIrMRYcHxmUbaEc_000000002dwHTRTFRxWLTM_ThisIsAnExampleAndOpensNothingAtAllAnywhere_000000',
        ],
      }),
  })
  .meta({ id: 'AddedClientSecret' });
export type AddedClientSecretResponse = z.output<typeof AddedClientSecretResponse>;
