import { createHash } from 'node:crypto';
import { tenantTable, type OwnerQuery } from '@acci/database';
import { ProjectionRegistrationError } from '../projections.errors.js';

/** An index of a {@link ReadTable}, after `tenant_id`: columns, each perhaps with `desc`. */
export type ReadIndex = readonly string[] | { readonly columns: readonly string[]; readonly unique: true };

/** What {@link readTable} makes a table of. */
export interface ReadTableOptions<C extends string = string> {
  /** From 1. Raise it whenever anything else here changes: that is another table, filled from the log. */
  readonly version: number;
  /** The PostgreSQL type of each column, with its constraints. `tenant_id` comes by itself. */
  readonly columns: Readonly<Record<C, string>>;
  /** The primary key, after `tenant_id`. */
  readonly key: readonly NoInfer<C>[];
  readonly indexes?: readonly ReadIndex[];
}

/** A read model's table that is declared in code; in a statement it stands for its name in the database. */
export class ReadTable {
  /** With schema and version, such as `shop.order_list_v2`. */
  readonly name: string;

  /** @throws {ProjectionRegistrationError} for a name, column or key that cannot be. */
  constructor(
    declared: string,
    private readonly options: ReadTableOptions,
  ) {
    const { version, columns, key } = options;
    this.name = `${declared}_v${version}`;
    const fail = (why: string): never => {
      throw new ProjectionRegistrationError(`The read table ${declared} ${why}`);
    };
    if (!tableFormat.test(declared)) fail(`needs a name such as 'shop.order_list'`);
    if (!Number.isSafeInteger(version) || version < 1) fail(`needs a version from 1, not ${version}`);
    const wrong = Object.keys(columns).find((name) => !columnFormat.test(name) || name === 'tenant_id');
    if (wrong !== undefined) fail(`cannot have a column ${wrong}`);
    if (key.length === 0) fail('needs a key');
    const stranger = key.find((name) => !Object.hasOwn(columns, name));
    if (stranger !== undefined) fail(`has no column ${stranger} for its key`);
  }

  toString(): string {
    return this.name;
  }

  /**
   * Makes the table with its policies and grants, in the owner's open transaction, unless it is there.
   *
   * @throws {ProjectionRegistrationError} if it is there in another shape.
   */
  async make(query: OwnerQuery): Promise<void> {
    const shape = `acci:shape: ${createHash('sha256').update(JSON.stringify(this.statements)).digest('base64url')}`;
    const [there] = await query(
      `select obj_description(oid, 'pg_class') as shape from pg_class where oid = to_regclass($1)`,
      [this.name],
    );
    if (there && there['shape'] === shape) return;
    if (there)
      throw new ProjectionRegistrationError(
        `${this.name} is there in another shape than the program declares: a change of shape needs a new version`,
      );
    const [schema = ''] = this.name.split('.');
    const [known] = await query('select from pg_namespace where nspname = $1', [schema]);
    if (!known) {
      await query(`create schema ${schema}`);
      await query(`grant usage on schema ${schema} to acci_app, acci_system`);
    }
    for (const statement of [...this.statements, ...tenantTable(this.name)]) await query(statement);
    await query(`comment on table ${this.name} is '${shape}'`);
  }

  private get statements(): string[] {
    const { columns, key, indexes = [] } = this.options;
    const lines = [
      'tenant_id uuid not null',
      ...Object.entries(columns).map(([name, type]) => `"${name}" ${type}`),
      `primary key (tenant_id, ${key.map((name) => `"${name}"`).join(', ')})`,
    ];
    return [
      `create table ${this.name} (${lines.join(', ')})`,
      ...indexes.map((index) => {
        const { columns: of, unique } = 'unique' in index ? index : { columns: index, unique: false };
        return `create ${unique ? 'unique ' : ''}index on ${this.name} (tenant_id, ${of.join(', ')})`;
      }),
    ];
  }
}

const tableFormat = /^[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*$/;
const columnFormat = /^[a-z_][a-z0-9_]*$/;

/**
 * Declares the table of a read model in code, without a migration: it is made when the program starts, under row-level
 * security. Each version of it is another table, so that two versions of a program have one each.
 *
 * @param name with schema; a schema that does not exist is made too.
 * @throws {ProjectionRegistrationError}
 * @example
 * export const orderList = readTable('shop.order_list', {
 *   version: 2,
 *   columns: { order_id: 'text', total: 'int not null', placed_at: 'timestamptz not null' },
 *   key: ['order_id'],
 *   indexes: [['placed_at desc']],
 * });
 * const newest = prepared(`select order_id, total from ${orderList} order by placed_at desc limit 20`);
 */
export function readTable<C extends string>(name: string, options: ReadTableOptions<C>): ReadTable {
  return new ReadTable(name, options);
}
