const COLUMN = /^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?$/;

/**
 * A column of a list's sort order. The order must be total: let the last column be unique.
 *
 * @example
 * const order: SortColumn[] = [{ column: 'created_at', direction: 'desc' }, { column: 'id', direction: 'desc' }];
 */
export interface SortColumn {
  /** The plain SQL name, lower case; never taken from a request. */
  readonly column: string;
  readonly direction: 'asc' | 'desc';
  /** The SQL type a parameter is cast to, e.g. `uuid`, where PostgreSQL cannot infer it. */
  readonly type?: string;
}

/**
 * The SQL of keyset paging: `orderBy` for the sort order and `where` for "after this key" (undefined without a
 * key). Columns must be NOT NULL. `values` are the parameters of `where`, numbered from `firstParameter`.
 *
 * @throws Error for a column that is no plain SQL name, or a key of another length than the order
 * @example
 * keyset([{ column: 'slug', direction: 'asc' }], ['acme'], 2); // where: '(slug) > ($2)', orderBy: 'slug ASC'
 */
export function keyset(
  order: readonly SortColumn[],
  key: readonly unknown[] | undefined,
  firstParameter = 1,
): { orderBy: string; where: string | undefined; values: readonly unknown[] } {
  for (const { column } of order) {
    if (!COLUMN.test(column)) throw new Error(`Not a plain column name: ${column}`);
  }
  const orderBy = order
    .map(({ column, direction }) => `${column} ${direction === 'asc' ? 'ASC' : 'DESC'}`)
    .join(', ');
  if (!key) return { orderBy, where: undefined, values: [] };
  if (key.length !== order.length) throw new Error('The key must have one value per column of the order.');
  const parameter = (index: number) => {
    const type = order[index]?.type;
    return `$${firstParameter + index}${type ? `::${type}` : ''}`;
  };
  return { orderBy, where: after(order, parameter), values: key };
}

function after(order: readonly SortColumn[], parameter: (index: number) => string): string {
  const operator = ({ direction }: SortColumn) => (direction === 'asc' ? '>' : '<');
  const [first] = order;
  if (first && order.every(({ direction }) => direction === first.direction)) {
    // A row comparison can be answered by one index range scan.
    const columns = order.map(({ column }) => column).join(', ');
    return `(${columns}) ${operator(first)} (${order.map((_, index) => parameter(index)).join(', ')})`;
  }
  const terms = order.map((column, index) => {
    const equal = order.slice(0, index).map((before, at) => `${before.column} = ${parameter(at)}`);
    return `(${[...equal, `${column.column} ${operator(column)} ${parameter(index)}`].join(' AND ')})`;
  });
  return `(${terms.join(' OR ')})`;
}
