/** What CASL makes of rules, a `Condition` of `@ucast/core`: tests of attributes, joined by `and` and `or`. */
export interface Ast {
  readonly operator: string;
  readonly value: unknown;
  /** The attribute of a test. */
  readonly field?: string;
}

/** A condition for the `where` of a list, with the values that are bound to it. */
export class SqlFilter {
  /** @param text SQL with a `?` for each of the values. */
  constructor(
    readonly text: string,
    readonly values: readonly unknown[] = [],
  ) {}

  /**
   * The SQL with its parameters numbered.
   *
   * @param first the number of the first one.
   * @example
   * `where tenant_id = $1 and ${filter.sql(2)}`
   */
  sql(first: number): string {
    let number = first;
    return this.text.replaceAll('?', () => `$${number++}`);
  }
}

/** Leaves every row. */
export const everyRow = new SqlFilter('true');
const noRow = new SqlFilter('false');

/**
 * The rows that fit. Nothing of a condition becomes SQL: columns are the caller's, and values are bound.
 *
 * @param ast null: nothing is allowed.
 * @param columns the column of each attribute that may be asked for.
 */
export function sqlOf(ast: Ast | null, columns: Readonly<Record<string, string>>): SqlFilter {
  if (!ast) return noRow;
  const values: unknown[] = [];
  return new SqlFilter(translate(ast, columns, values), values);
}

function translate(ast: Ast, columns: Readonly<Record<string, string>>, values: unknown[]): string {
  const { operator, value, field } = ast;
  if ((operator === 'and' || operator === 'or') && Array.isArray(value)) {
    const parts = (value as Ast[]).map((part) => translate(part, columns, values));
    if (parts.length === 0) return operator === 'and' ? 'true' : 'false';
    return `(${parts.join(` ${operator} `)})`;
  }
  const column = field !== undefined && Object.hasOwn(columns, field) ? columns[field] : undefined;
  // What is not known must not widen what somebody sees.
  if (operator !== 'in' || column === undefined || !Array.isArray(value)) return 'false';
  values.push(value.map(String));
  // As text, so that no value can be of the wrong type; on a column of text the cast is none, and its index serves.
  return `(${column})::text = any (?::text[])`;
}
