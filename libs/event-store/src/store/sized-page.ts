import { recordedColumns } from './statements.js';

const bytesOfPage = 4 * 1024 * 1024;

/** What a row of such a page has beside its event. */
export interface Sized {
  /** How many rows the page would have had, were it not for their size. */
  readonly found: number;
  /** The size of the event's data as text. */
  readonly bytes: number;
}

/**
 * As many rows of a page as have 4 MiB of data, and the one that exceeds them: a page of large events must fit into memory
 * as well as one of small events does. What is too much as it is stored, compressed, is not even looked into.
 *
 * @param page a query for the rows.
 * @param order what tells their order; it is the page's.
 */
export const sizedPage = (page: string, order: string): string => `
  select ${recordedColumns}, found, bytes
    from (select *, sum(bytes) over (order by ${order}) - bytes as bytes_before
            from (select *, octet_length(data::text) as bytes
                    from (select *, (count(*) over ())::int as found,
                                 sum(pg_column_size(data)) over (order by ${order}) - pg_column_size(data) as stored_before
                            from (${page}) as page) as stored
                   where stored_before < ${bytesOfPage}) as measured) as sized
   where bytes_before < ${bytesOfPage}
   order by ${order}`;
