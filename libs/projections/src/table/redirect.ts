import { prepared, type Statement } from '@acci/database';
import { RebuildUnsupported } from '../projections.errors.js';

/** Statements that handlers write out each time are not all kept. */
const mostKept = 1_000;

interface Name {
  readonly table: string;
  readonly bare: string;
  readonly shadow: string;
  readonly bareShadow: string;
  /** The name with its schema, quoted or not. */
  readonly qualified: RegExp;
  /** The bare name in front of a column, as in `list.total`. */
  readonly qualifier: RegExp;
  /** The bare name as an alias of this table or of another one. */
  readonly alias: RegExp;
  /** The bare name as that of a common table expression. */
  readonly expression: RegExp;
  /** The bare name where a table is written: it would be found by the search path, and be the one in place. */
  readonly written: RegExp;
  /** The same where one is read. */
  readonly read: RegExp;
}

/**
 * Makes the statements of a projection's handler go to the shadows of its tables. Texts are rewritten once and kept.
 *
 * A name without its schema cannot be told apart from others; where it stands for a table it is refused, so that
 * nothing of a rebuild ever gets into the table that serves.
 */
export class Redirect {
  private readonly names: readonly Name[];
  private readonly kept = new Map<string, Statement>();

  /** @param shadows the shadow of each table, both with their schema. */
  constructor(shadows: ReadonlyMap<string, string>) {
    this.names = [...shadows].map(([table, shadow]) => nameOf(table, shadow));
  }

  /** @throws {RebuildUnsupported} for a table that is named without its schema. */
  statement(statement: Statement): Statement {
    const text = typeof statement === 'string' ? statement : statement.text;
    const key = typeof statement === 'string' ? `text ${text}` : text;
    const before = this.kept.get(key);
    if (before) return before;
    const redirected = this.text(text);
    const made = typeof statement === 'string' ? redirected : prepared(redirected);
    if (this.kept.size >= mostKept) this.kept.clear();
    this.kept.set(key, made);
    return made;
  }

  private text(text: string): string {
    let redirected = text;
    for (const name of this.names) {
      const expression = name.expression.test(text);
      if (name.written.test(text) || (name.read.test(text) && !expression))
        throw new RebuildUnsupported(
          `A statement names ${name.bare} without its schema: only ${name.table} can be led to the table that is being filled`,
        );
      redirected = redirected.replaceAll(name.qualified, name.shadow);
      if (!expression && !name.alias.test(text))
        redirected = redirected.replaceAll(name.qualifier, `${name.bareShadow}.`);
    }
    return redirected;
  }
}

function nameOf(table: string, shadow: string): Name {
  const [schema = '', bare = ''] = table.split('.');
  const start = String.raw`(?<![\w$."])`;
  const end = String.raw`(?![\w$"])`;
  const either = String.raw`(?:${bare}|"${bare}")`;
  return {
    table,
    bare,
    shadow,
    bareShadow: shadow.slice(schema.length + 1),
    qualified: new RegExp(String.raw`${start}(?:${schema}|"${schema}")\s*\.\s*${either}${end}`, 'gi'),
    qualifier: new RegExp(String.raw`${start}${either}\s*\.(?=\s*[\w"*])`, 'gi'),
    alias: new RegExp(String.raw`(?:\bas|[\w"]\s*\.\s*[\w"]+|\))\s+${either}${end}(?!\s*\.)`, 'i'),
    expression: new RegExp(String.raw`${start}${either}\s+as\s+(?:(?:not\s+)?materialized\s+)?\(`, 'i'),
    written: new RegExp(
      String.raw`\b(?:into|update|delete\s+from)\s+(?:only\s+)?${either}${end}(?!\s*\.)`,
      'i',
    ),
    read: new RegExp(String.raw`\b(?:from|join|using)\s+(?:only\s+)?${either}${end}(?!\s*\.)`, 'i'),
  };
}
