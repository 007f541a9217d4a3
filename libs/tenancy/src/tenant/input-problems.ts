import type { z } from 'zod';
import type { TenantInputProblem } from './tenant.errors.js';

/** Says where, as a JSON pointer below `prefix`, a schema found what. */
export function inputProblems(error: z.ZodError, prefix = ''): TenantInputProblem[] {
  return error.issues.map(({ path, message }) => ({
    pointer:
      prefix + path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''),
    message,
  }));
}
