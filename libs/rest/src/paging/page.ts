import { z } from 'zod';
import { type AnyResponse, rawResponse, targetOf } from '../request/raw.js';

/**
 * A page of a list.
 *
 * @example
 * const body: Page<Tenant> = { items: [], next: null };
 */
export interface Page<T> {
  readonly items: T[];
  /** The cursor of the next page; null on the last one. */
  readonly next: string | null;
}

/**
 * Answers a page: sets `Link` with `rel="first"` and, unless it is the last, `rel="next"`; the links are relative
 * to the request, so they hold behind any proxy.
 *
 * @example
 * return page(response, items, next);
 */
export function page<T>(response: AnyResponse, items: T[], next?: string | null): Page<T> {
  const raw = rawResponse(response);
  const target = new URL(targetOf(raw.req), 'http://localhost');
  target.searchParams.delete('cursor');
  const links = [`<${target.pathname}${target.search}>; rel="first"`];
  if (next) {
    target.searchParams.set('cursor', next);
    links.push(`<${target.pathname}${target.search}>; rel="next"`);
  }
  raw.setHeader('Link', links.join(', '));
  return { items, next: next ?? null };
}

/**
 * Cuts a page out of rows of which one more than the page holds was asked for: that one tells whether there is
 * a next page.
 *
 * @example
 * const { items, next } = cutPage(rows, query.limit, (row) => encodeCursor([row.slug, row.id]));
 */
export function cutPage<T>(rows: T[], limit: number, cursorOf: (last: T) => string): Page<T> {
  const items = rows.length > limit ? rows.slice(0, limit) : rows;
  const last = items.at(-1);
  return { items, next: rows.length > limit && last !== undefined ? cursorOf(last) : null };
}

/**
 * The response schema of a list.
 *
 * @param id name of the OpenAPI component
 * @example
 * const TenantPage = pageSchema(TenantResponse, 'TenantPage');
 */
export function pageSchema<T extends z.ZodType>(item: T, id: string) {
  return z
    .object({
      items: z.array(item),
      next: z.string().nullable().meta({
        description: 'The cursor of the next page; null on the last one. Also in the `Link` header.',
      }),
    })
    .meta({ id });
}
