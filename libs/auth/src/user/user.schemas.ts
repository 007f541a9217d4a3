import { pageQuery, pageSchema } from '@acci/rest';
import { TenantSettings } from '@acci/tenancy';
import { z } from 'zod';
import { searchedWords } from './users/user-words.js';

const exampleId = '019a8f3e-9c2b-7d4e-8f10-3b5a6c7d8e9f';
const exampleTime = '2026-01-31T09:30:00.000Z';

// What shows as one line, the way it was typed: no control characters, none that turn the writing direction around, no
// halves of a character, and none that stands for what could not be read.
// Patterns of Unicode classes stay out of the OpenAPI document: many a client reads them as something else.
const oneLine = /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069\ufffd]*$/u;
const namePattern =
  /^(?!.*\p{Default_Ignorable_Code_Point})[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}._-]*[\p{L}\p{M}\p{N}])?$/u;
const line = (max: number) =>
  z
    .string()
    .normalize('NFC')
    .trim()
    .min(1)
    .max(max)
    .refine((text) => oneLine.test(text), 'must be one line of plain text');

// As browsers take it. Only ASCII: letters of other alphabets that look alike would make two addresses of one.
const email = z
  .email({ pattern: z.regexes.html5Email })
  .max(254)
  .meta({
    description: 'Unique in the tenant, in any case; in ASCII, an international domain in its `xn--` form.',
    examples: ['ada@example.com'],
  });
const userName = z
  .string()
  .normalize('NFKC')
  .max(64)
  .refine((text) => namePattern.test(text), 'must be letters and digits, with . _ - between them')
  .meta({
    description: 'A name to log in with instead of the address; unique in the tenant, in any case.',
    examples: ['ada'],
  });
const displayName = line(200).meta({ description: 'How people call them.', examples: ['Ada Lovelace'] });
const givenName = line(100).meta({ examples: ['Ada'] });
const familyName = line(100).meta({ examples: ['Lovelace'] });
const department = line(100).meta({
  description: 'Where they belong; conditions of roles may depend on it.',
  examples: ['Engines'],
});
const locale = TenantSettings.shape.locale
  .unwrap()
  .max(35)
  .meta({ description: 'Language and region as a BCP 47 tag; the tenant’s, if null.', examples: ['en'] });

/** The path parameter that names a user. */
export const UserId = z
  .uuid()
  .toLowerCase()
  .meta({ description: 'The user’s id.', examples: [exampleId] });

/** The body of `POST /users`. */
export const InviteUserRequest = z
  .strictObject({
    email,
    userName: userName.nullish(),
    displayName: displayName.optional().meta({
      description: 'How people call them; made of the other names, or of the address, if left out.',
    }),
    givenName: givenName.nullish(),
    familyName: familyName.nullish(),
    department: department.nullish(),
    locale: locale.nullish(),
  })
  .meta({
    id: 'InviteUserRequest',
    description: 'Somebody to be invited.',
    examples: [
      {
        email: 'ada@example.com',
        userName: 'ada',
        givenName: 'Ada',
        familyName: 'Lovelace',
        department: 'Engines',
        locale: 'en',
      },
    ],
  });
export type InviteUserRequest = z.output<typeof InviteUserRequest>;

const ownProfile = {
  displayName: displayName.optional(),
  givenName: givenName.nullish(),
  familyName: familyName.nullish(),
  locale: locale.nullish(),
};
const somethingToChange = [(change: object) => Object.keys(change).length > 0, 'Nothing to change'] as const;

/** The body of `PATCH /users/{id}`. */
export const ChangeUserRequest = z
  .strictObject({ userName: userName.nullish(), ...ownProfile, department: department.nullish() })
  .refine(...somethingToChange)
  .meta({
    id: 'ChangeUserRequest',
    description: 'What to change; what is left out stays as it is, null takes it away.',
    examples: [{ displayName: 'Ada King', department: null }],
  });
export type ChangeUserRequest = z.output<typeof ChangeUserRequest>;

/** The body of `PATCH /me`: what nobody else decides from. */
export const ChangeMeRequest = z
  .strictObject(ownProfile)
  .refine(...somethingToChange)
  .meta({
    id: 'ChangeMeRequest',
    description: 'What to change; what is left out stays as it is, null takes it away.',
    examples: [{ displayName: 'Ada', locale: 'de-CH' }],
  });
export type ChangeMeRequest = z.output<typeof ChangeMeRequest>;

/** The body of `POST /users/{id}/lock`. */
export const LockUserRequest = z
  .strictObject({ reason: line(500).meta({ description: 'Why; kept until the user is forgotten.' }) })
  .meta({ id: 'LockUserRequest', examples: [{ reason: 'Lost laptop' }] });
export type LockUserRequest = z.output<typeof LockUserRequest>;

/** What every write answers with. */
export const UserWritten = z
  .object({
    id: z.uuid(),
    version: z.int().meta({ description: 'The user’s version now; also in `ETag`.' }),
  })
  .meta({ id: 'UserWritten', examples: [{ id: exampleId, version: 1 }] });
export type UserWritten = z.output<typeof UserWritten>;

/** A user as they are. */
export const UserResponse = z
  .object({
    id: z.uuid(),
    email: z.string(),
    userName: z.string().nullable(),
    displayName: z.string(),
    givenName: z.string().nullable(),
    familyName: z.string().nullable(),
    department: z.string().nullable(),
    locale: z.string().nullable(),
    status: z.enum(['invited', 'active', 'deactivated']).meta({
      description: 'Invited also means: registered, without having shown yet that the address is theirs.',
    }),
    lockedAt: z.iso.datetime().nullable().meta({ description: 'Since when they are kept out; null if not.' }),
    lockReason: z.string().nullable(),
    emailVerifiedAt: z.iso
      .datetime()
      .nullable()
      .meta({ description: 'When they showed that the address is theirs.' }),
    version: z.int().meta({ description: 'Grows with each change; also in `ETag`.' }),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({
    id: 'User',
    examples: [
      {
        id: exampleId,
        email: 'ada@example.com',
        userName: 'ada',
        displayName: 'Ada Lovelace',
        givenName: 'Ada',
        familyName: 'Lovelace',
        department: 'Engines',
        locale: 'en',
        status: 'active',
        lockedAt: null,
        lockReason: null,
        emailVerifiedAt: exampleTime,
        version: 2,
        createdAt: exampleTime,
        updatedAt: exampleTime,
      },
    ],
  });
export type UserResponse = z.output<typeof UserResponse>;

const mostWords = 5;

/** The query of `GET /users`. */
export const ListUsersQuery = pageQuery().extend({
  status: UserResponse.shape.status.optional().meta({ description: 'Only users in this status.' }),
  locked: z.stringbool().optional().meta({ description: 'Only users who are locked, or who are not.' }),
  department: department.optional().meta({ description: 'Only users of this department.' }),
  search: z
    .string()
    .max(100)
    .refine((text) => searchedWords(text).length <= mostWords, `must be ${mostWords} words at most`)
    .optional()
    .meta({
      description:
        'Only users who have, for each of these words, one that begins so: in their names or address, in any case.',
      examples: ['lovel'],
    }),
  sort: z
    .enum(['displayName', '-displayName', 'email', '-email', 'createdAt', '-createdAt'])
    .default('displayName')
    .meta({ description: 'The order; a minus turns it round.' }),
});
export type ListUsersQuery = z.output<typeof ListUsersQuery>;

/** The query of `GET /users/stream`. */
export const FollowUsersQuery = ListUsersQuery.omit({ limit: true, sort: true }).extend({
  cursor: ListUsersQuery.shape.cursor.meta({
    description: 'Where to begin: the `id` of a message. `Last-Event-ID` wins over it; without either, now.',
  }),
});
export type FollowUsersQuery = z.output<typeof FollowUsersQuery>;

/** A page of users. */
export const UserPage = pageSchema(UserResponse, 'UserPage');
