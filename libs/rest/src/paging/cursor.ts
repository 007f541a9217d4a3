import { z } from 'zod';
import { HttpProblem } from '../problems/http-problem.js';

const MAX_CURSOR_LENGTH = 2048;

/**
 * Makes an opaque cursor of the sort key of the last item on a page. It is not signed: it says where to go on,
 * never what may be seen, and is validated like any other input when it comes back.
 *
 * @example
 * encodeCursor(['acme', '018f3c9e-…']);
 */
export function encodeCursor(key: unknown): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/**
 * Reads a cursor back, checked against the shape it must have.
 *
 * @throws HttpProblem 400 `request.cursor.invalid`
 * @example
 * const after = decodeCursor(query.cursor, z.tuple([z.string(), z.uuid()]));
 */
export function decodeCursor<S extends z.ZodType>(cursor: string, schema: S): z.output<S>;
export function decodeCursor<S extends z.ZodType>(
  cursor: string | undefined,
  schema: S,
): z.output<S> | undefined;
export function decodeCursor<S extends z.ZodType>(
  cursor: string | undefined,
  schema: S,
): z.output<S> | undefined {
  if (cursor === undefined) return undefined;
  const parsed = schema.safeParse(parseJson(cursor));
  if (parsed.success) return parsed.data;
  throw new HttpProblem(
    400,
    'request.cursor.invalid',
    'The cursor was not made by this list, or for another sort order. Start again without it.',
  );
}

function parseJson(cursor: string): unknown {
  if (cursor.length > MAX_CURSOR_LENGTH || !/^[A-Za-z0-9_-]+$/.test(cursor)) return undefined;
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString(), refuseNul);
  } catch {
    return undefined;
  }
}

/** No row has a key with a NUL in it: PostgreSQL has no such character, and would answer with an error. */
function refuseNul(_key: string, value: unknown): unknown {
  if (typeof value === 'string' && value.includes('\0')) throw new SyntaxError('NUL');
  return value;
}

/**
 * The query parameters every list has: `limit` and `cursor`. Extend it with the list's filters.
 *
 * @param limits items per page: `default` 50, `max` 200
 * @example
 * const ListTenantsQuery = pageQuery().extend({ status: z.enum(['active', 'suspended']).optional() });
 */
export function pageQuery(limits: { default?: number; max?: number } = {}) {
  const { default: size = 50, max = 200 } = limits;
  return z.object({
    limit: z.coerce
      .number()
      .int()
      .min(1)
      .max(max)
      .default(size)
      .meta({ description: 'How many items a page has at most.', example: size }),
    cursor: z.string().max(MAX_CURSOR_LENGTH).optional().meta({
      description: 'Where to go on: `next` of the page before. Opaque, and only good for the same filters.',
    }),
  });
}
