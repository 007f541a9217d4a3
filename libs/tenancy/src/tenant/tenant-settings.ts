import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { SettingsRecord } from './tenant.events.js';

/**
 * The settings that every tenant has. An app that needs more extends it and hands the result to
 * `TenancyModule.forRoot`.
 *
 * @example
 * const settings = TenantSettings.extend({ invoicePrefix: z.string().max(8).default('INV') });
 * TenancyModule.forRoot({ settings });
 */
export const TenantSettings = z
  .strictObject({
    locale: z
      .string()
      .refine(isLocale, 'Not a language tag (BCP 47)')
      .default('en')
      .meta({ description: 'Language and region as a BCP 47 tag.', examples: ['en', 'de-CH'] }),
    timeZone: z
      .string()
      .refine(isTimeZone, 'Not a time zone of the IANA database')
      .default('UTC')
      .meta({ description: 'IANA time zone.', examples: ['UTC', 'Europe/Zurich'] }),
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/, 'Not a currency code (ISO 4217)')
      .default('EUR')
      .meta({ description: 'ISO 4217 currency code.', examples: ['EUR', 'CHF'] }),
    // No default: a change of another setting would store it with every tenant that is older than this.
    selfRegistration: z
      .boolean()
      .optional()
      .meta({ description: 'Whether people can register by themselves. If left out, they cannot.' }),
    sessionIdleMinutes: z
      .int()
      .min(1)
      .max(10_080)
      .optional()
      .meta({
        description: 'After how many minutes without use a session ends; 60 if left out.',
        examples: [60],
      }),
    sessionLifetimeMinutes: z
      .int()
      .min(5)
      .max(43_200)
      .optional()
      .meta({
        description: 'After how many minutes a session ends however much it is used; 1,440 if left out.',
        examples: [1_440],
      }),
  })
  .meta({ id: 'TenantSettings', description: 'What a tenant can set for itself.' });
export type TenantSettings = z.output<typeof TenantSettings>;

/** A schema that settings may have: an object, each of whose values is optional or has a default. */
export type TenantSettingsSchema = z.ZodObject;

/** The change that leads from one to the other, with null for what goes. */
export function changesBetween(before: SettingsRecord, after: SettingsRecord): SettingsRecord {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return Object.fromEntries(
    [...names]
      .filter((name) => !isDeepStrictEqual(before[name], after[name]))
      .map((name) => [name, after[name] ?? null]),
  );
}

function isLocale(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}

function isTimeZone(name: string): boolean {
  try {
    Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
