import { z } from 'zod';

/** A password in a request. Only its length is bounded here; what it must be is for `Passwords` to say. */
export const PasswordText = z
  .string()
  .min(1)
  .max(1_000)
  .meta({ description: 'A password, of any characters.', examples: ['nine plum trees in a row'] });
