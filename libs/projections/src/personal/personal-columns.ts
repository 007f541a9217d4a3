import { prepared, type Database, type PreparedStatement } from '@acci/database';
import type { Reach } from './shadow-reach.js';
import { ProjectionRegistrationError } from '../projections.errors.js';
import type { ReadTable } from '../table/read-table.js';

/** Where a table keeps what personal fields of events said, and what stands there once their subject is forgotten. */
export interface PersonalColumns {
  /** One of the projection's tables. */
  readonly table: string | ReadTable;
  /** The column with the subject's id, of type `text` or `uuid`; lead an index with it, after `tenant_id`. */
  readonly subject: string;
  /** The replacement for each column that says something about the subject. */
  readonly columns: Readonly<Record<string, string | number | boolean | null>>;
}

/** The statements of one table. Parameters: the tenant, the subject, and the replacements. */
interface Statements {
  readonly replace: PreparedStatement;
  readonly count: PreparedStatement;
}

const columnFormat = /^[a-z_][a-z0-9_]*$/;

const selectSubjectType = prepared(`
  select format_type(atttypid, null) as type from pg_attribute
   where attrelid = to_regclass($1) and attname = $2 and not attisdropped`);

const selectFacts = prepared(`
  select has_table_privilege('acci_app', $1::text::regclass, 'update') as app_may_update,
         array(select attname::text from pg_attribute
                where attrelid = $1::text::regclass and attname = any ($2::text[]) and attnotnull) as never_null,
         array(select distinct a.attname::text
                 from pg_index as i
                 join pg_attribute as a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
                where i.indrelid = $1::text::regclass and i.indisunique and a.attname = any ($2::text[])) as in_unique_keys`);

interface Facts {
  readonly app_may_update: boolean;
  readonly never_null: readonly string[];
  readonly in_unique_keys: readonly string[];
}

/** The personal columns of one table of a projection: replaces them, and says what has not been replaced. */
export class PersonalTable {
  private statements: Statements | undefined;
  private readonly names: readonly string[];
  private readonly replacements: readonly unknown[];

  /** @throws {ProjectionRegistrationError} for what cannot be the name of a column, or no column at all. */
  constructor(
    readonly projection: string,
    private readonly declared: PersonalColumns,
  ) {
    const { subject, columns } = declared;
    this.names = Object.keys(columns);
    this.replacements = Object.values(columns);
    const wrong = [subject, ...this.names].find((name) => !columnFormat.test(name ?? ''));
    if (wrong !== undefined) this.fail(`column ${wrong}, which is no name such as 'email'`);
    if (this.names.length === 0) this.fail('no column');
  }

  get table(): string {
    return String(this.declared.table);
  }

  /** @returns how many rows had something else in these columns. */
  async replace(tenantId: string, subject: string, tx: Reach): Promise<number> {
    const { replace } = await this.prepare(tx);
    return (await tx.query(replace, [tenantId, subject, ...this.replacements])).length;
  }

  /** How many rows still have something else in these columns. */
  async count(tenantId: string, subject: string, tx: Reach): Promise<number> {
    const { count } = await this.prepare(tx);
    const [row] = await tx.query<{ rows: number }>(count, [tenantId, subject, ...this.replacements]);
    return row?.rows ?? 0;
  }

  /**
   * Sees to it that nobody finds out at a forgetting what can be known at boot.
   *
   * @throws {ProjectionRegistrationError}
   */
  async verify(database: Database): Promise<void> {
    const [facts] = await database.queryAsSystem<Facts & Record<string, unknown>>(
      'verify projections',
      selectFacts,
      [this.table, this.names],
    );
    if (!facts?.app_may_update) this.fail('columns that acci_app may not update');
    for (const name of facts?.in_unique_keys ?? [])
      if (this.declared.columns[name] !== null)
        this.fail(`column ${name} of a unique key: two who are forgotten would have the same value`);
    for (const name of facts?.never_null ?? [])
      if (this.declared.columns[name] === null) this.fail(`column ${name}, which cannot be null`);
    try {
      const nobody = '00000000-0000-0000-0000-000000000000';
      await database.asSystem('verify projections', (tx) => this.count(nobody, nobody, tx));
    } catch (error) {
      if (error instanceof ProjectionRegistrationError) throw error;
      this.fail(`columns that cannot be replaced so: ${String(error)}`);
    }
  }

  private async prepare(tx: Reach): Promise<Statements> {
    this.statements ??= await this.make(tx);
    return this.statements;
  }

  private async make(tx: Reach): Promise<Statements> {
    const { table } = this;
    const { subject } = this.declared;
    const [column] = await tx.query<{ type: string }>(selectSubjectType, [table, subject]);
    const theirs =
      subjectIs(column?.type) ?? this.fail(`subject ${subject}, which must be of type text or uuid`);
    const set = this.names.map((name, index) => `${name} = $${index + 3}`);
    const differs = this.names.map((name, index) => `${name} is distinct from $${index + 3}`);
    const where = `where tenant_id = $1 and ${subject} = ${theirs} and (${differs.join(' or ')})`;
    return {
      replace: prepared(`update ${table} set ${set.join(', ')} ${where} returning 1 as replaced`),
      count: prepared(`select count(*)::int as rows from ${table} ${where}`),
    };
  }

  private fail(what: string): never {
    throw new ProjectionRegistrationError(
      `${this.projection} declares as personal, in ${this.table}, ${what}`,
    );
  }
}

/** Subjects of other kinds may have ids that are no UUIDs: nothing of theirs is in a column of UUIDs. */
function subjectIs(type: string | undefined): string | undefined {
  if (type === 'text' || type === 'character varying') return '$2';
  if (type === 'uuid')
    return `case when $2::text ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then $2::text::uuid end`;
  return undefined;
}
