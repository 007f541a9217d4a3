import { z } from 'zod';

/** What a role or a group is called. */
export const UniqueName = z
  .string()
  .normalize('NFC')
  .trim()
  .min(1)
  .max(100)
  // Not as a pattern: many a client of the OpenAPI document reads Unicode classes as something else.
  .refine((text) => /^[^\p{C}\p{Zl}\p{Zp}]*$/u.test(text), 'must be one line of plain text');
