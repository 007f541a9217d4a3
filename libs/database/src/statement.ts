import { createHash } from 'node:crypto';

/** A statement that each connection parses once and then runs by name. Make one with {@link prepared}. */
export interface PreparedStatement {
  readonly name: string;
  readonly text: string;
  /** False when the statement cannot return rows, which saves asking the server for their shape. */
  readonly returnsRows: boolean;
}

/** SQL text, parsed at every use, or a {@link PreparedStatement}. Values are always bound, never spliced in. */
export type Statement = string | PreparedStatement;

/** A statement with its values, ready to be sent. */
export interface BoundStatement {
  readonly statement: PreparedStatement;
  readonly values: readonly unknown[];
}

// What may be skipped is named, not what must be asked: a comment, a bracket or a verb that is not listed here costs a
// few bytes, where the other way round it would cost the rows.
const returnsNothing = /^\s*(insert|update|delete|merge|begin|commit|rollback)\b(?!.*\breturning\b)/is;

/**
 * Prepares a statement under a name made from its text, so that equal texts share one plan on a connection.
 * Call it once, at module level: the server keeps the plan for as long as the connection lives.
 *
 * @example
 * const tenantById = prepared('select name from acci.tenant_directory where tenant_id = $1');
 */
export function prepared(text: string): PreparedStatement {
  const name = `acci_${createHash('sha256').update(text).digest('base64url').slice(0, 16)}`;
  return { name, text, returnsRows: !returnsNothing.test(text) };
}

/** Binds values to a statement; plain text becomes a statement without a name, which the server does not keep. */
export function bind(statement: Statement, values: readonly unknown[] = []): BoundStatement {
  return typeof statement === 'string'
    ? { statement: { name: '', text: statement, returnsRows: true }, values }
    : { statement, values };
}
