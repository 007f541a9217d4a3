import { prepared, type PreparedStatement, type Transaction } from '@acci/database';
import { InvalidRow } from '../projections.errors.js';
import type { ColumnShape, TableShape } from './table-shape.js';

/** Values by the names of their columns. */
export type Row = Readonly<Record<string, unknown>>;

/** Where a declared table is, and what it looks like. */
export interface Target {
  readonly table: string;
  readonly storedIn: string;
  readonly shape: TableShape;
  /** The statements that were made for it, by the columns that they write. */
  readonly statements: Map<string, PreparedStatement>;
}

/** What is left of all that was written to one row. */
interface Change {
  /** True if the row has to go first: what it had in columns that are not put again is gone. */
  removed: boolean;
  row: Row | undefined;
  readonly key: Row;
  /** The key as text. */
  readonly id: string;
}

type Put = Change & { readonly row: Row };

/**
 * Rows that one tenant's events put and removed, the last state of each key; kept until they are written, all rows of a
 * table in one statement.
 */
export class FoldedWrites {
  private readonly changes = new Map<Target, Map<string, Change>>();

  /** @param targets in the order in which they may reference one another. */
  constructor(private readonly targets: ReadonlyMap<string, Target>) {}

  put(table: string, row: Row, tx: Transaction): void {
    const target = this.target(table);
    for (const name of Object.keys(row))
      if (!target.shape.columns.has(name) || name === 'tenant_id')
        throw new InvalidRow(`${table} has no column ${name} to be put`);
    const change = this.change(target, row, tx);
    change.row = { ...change.row, ...row };
  }

  remove(table: string, key: Row, tx: Transaction): void {
    const change = this.change(this.target(table), key, tx);
    change.removed = true;
    change.row = undefined;
  }

  /** Queues what is kept: removals first, from the last table to the first, then rows, from the first to the last. */
  write(tx: Transaction): void {
    if (this.changes.size === 0) return;
    const inOrder = [...this.targets.values()].filter((target) => this.changes.has(target));
    const changesOf = (target: Target): Change[] => [...(this.changes.get(target)?.values() ?? [])];
    for (const target of inOrder.toReversed()) {
      const removed = changesOf(target).filter((change) => change.removed);
      if (removed.length > 0) this.removeAll(target, removed, tx);
    }
    for (const target of inOrder) {
      const put = changesOf(target).filter((change): change is Put => change.row !== undefined);
      // Rows that name the same columns go together; runs of them, so that the order stays.
      for (const run of runsOf(put)) this.putAll(target, rowsOf(target, run), tx);
    }
    this.changes.clear();
  }

  private change(target: Target, row: Row, tx: Transaction): Change {
    const { key: columns = [], columns: shapes, otherKeys } = target.shape;
    const key: Record<string, unknown> = {};
    let id = '';
    for (const column of columns) {
      const value = row[column] ?? missing(target.table, column);
      key[column] = value;
      id += `${idOf(value, shapes.get(column))}\0`;
    }
    let changes = this.changes.get(target);
    if (otherKeys && changes?.has(id)) {
      // Folded, a row might come before the one that it takes a unique value from.
      this.write(tx);
      changes = undefined;
    }
    if (!changes) this.changes.set(target, (changes = new Map<string, Change>()));
    let change = changes.get(id);
    if (!change) changes.set(id, (change = { removed: false, row: undefined, key, id }));
    return change;
  }

  private target(table: string): Target {
    const target = this.targets.get(table);
    if (!target)
      throw new InvalidRow(`${table} is not among the tables of the projection, or does not exist`);
    if (!target.shape.key?.length) throw new InvalidRow(`${table} has no primary key to put rows by`);
    return target;
  }

  private removeAll(target: Target, changes: readonly Change[], tx: Transaction): void {
    const columns = target.shape.key ?? [];
    const statement = statementOf(target, `remove ${columns.join()}`, () => {
      const { names, from } = source(target, columns);
      const same = names.map((name) => `t.${name} = x.${name}`).join(' and ');
      return `delete from ${target.storedIn} as t using ${from} where t.tenant_id = $1::uuid and ${same}`;
    });
    tx.execute(
      statement,
      valuesOf(
        target,
        columns,
        changes.map(({ key }) => key),
        tx,
      ),
    );
  }

  private putAll(target: Target, rows: readonly Row[], tx: Transaction): void {
    const { key = [] } = target.shape;
    const columns = Object.keys(rows[0] ?? {});
    const statement = statementOf(target, `put ${columns.join()}`, () => {
      const { names, values, from } = source(target, columns);
      const rest = columns.filter((column) => !key.includes(column)).map(quoted);
      const update = rest.map((name) => `${name} = excluded.${name}`).join(', ');
      return `insert into ${target.storedIn} (tenant_id, ${names.join(', ')})
        select $1::uuid, ${values.join(', ')} from ${from}
        on conflict (tenant_id, ${key.map(quoted).join(', ')}) do ${update ? `update set ${update}` : 'nothing'}`;
    });
    tx.execute(statement, valuesOf(target, columns, rows, tx));
  }
}

function statementOf({ statements }: Target, key: string, make: () => string): PreparedStatement {
  let statement = statements.get(key);
  if (!statement) statements.set(key, (statement = prepared(make())));
  return statement;
}

/** The rows as a table expression over arrays, one for each column; from the second parameter on. */
function source({ shape }: Target, columns: readonly string[]) {
  const names = columns.map(quoted);
  const arrays = columns.map((column, index) => {
    const { type, kind } = shape.columns.get(column) as ColumnShape;
    // An array of arrays would be flattened: each travels as the text of a JSON array.
    return `$${index + 2}::${kind === 'array' ? 'json' : type}[]`;
  });
  const values = columns.map((column, index) => {
    const { type, kind } = shape.columns.get(column) as ColumnShape;
    const value = `x.${names[index]}`;
    return kind === 'array'
      ? `case when ${value} is not null then array(select json_array_elements_text(${value}))::${type} end`
      : value;
  });
  return { names, values, from: `unnest(${arrays.join(', ')}) as x(${names.join(', ')})` };
}

function valuesOf(
  target: Target,
  columns: readonly string[],
  rows: readonly Row[],
  tx: Transaction,
): unknown[] {
  const arrays = columns.map((column) => {
    const { kind } = target.shape.columns.get(column) as ColumnShape;
    const asJson = kind === 'json' || kind === 'array';
    return rows.map((row) => (asJson && row[column] !== null ? JSON.stringify(row[column]) : row[column]));
  });
  return [tx.tenantId, ...arrays];
}

function runsOf(changes: readonly Put[]): Put[][] {
  const runs: Put[][] = [];
  let columns: string | undefined;
  for (const change of changes) {
    const own = Object.keys(change.row).join();
    if (own !== columns) runs.push([]);
    columns = own;
    runs.at(-1)?.push(change);
  }
  return runs;
}

/** In the order of their keys, so that two who write the same rows at once do not each wait for the other. */
function rowsOf({ shape }: Target, run: readonly Put[]): Row[] {
  // A row may take a unique value that one before it gives up.
  const inOrder = shape.otherKeys ? run : run.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return inOrder.map(({ row }) => row);
}

/** Equal for values that the database takes for the same. */
function idOf(value: unknown, column: ColumnShape | undefined): string {
  if (value instanceof Date) return value.toISOString();
  return column?.kind === 'uuid' ? String(value).toLowerCase() : String(value);
}

function missing(table: string, column: string): never {
  throw new InvalidRow(`${table} needs its key: ${column} is missing`);
}

function quoted(column: string): string {
  return `"${column}"`;
}
