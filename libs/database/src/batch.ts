import pg, { type ClientBase, type Connection, type Submittable } from 'pg';
import { serialize } from 'pg-protocol';
import utils from 'pg/lib/utils.js';
import type { BoundStatement } from './statement.js';

type Row = Record<string, unknown>;

/** What one statement of a batch answered. */
export interface StatementResult {
  readonly rows: Row[];
  /** PostgreSQL's command tag, such as `INSERT 0 1` or `COMMIT`. */
  readonly tag: string;
}

/** pg's own reader of rows, which its typings leave out. */
interface RowShape {
  addFields(fields: unknown): void;
  parseRow(values: unknown): Row;
}
const RowShape = (pg as unknown as { Result: new () => RowShape }).Result;
const noRows: RowShape = { addFields: () => {}, parseRow: () => ({}) };

/** What a connection knows of our statements: a name that was parsed, and the shape of its rows once described. */
interface Plans {
  readonly shapes: Map<string, RowShape | undefined>;
  /**
   * Names whose state is unknown because a batch that parsed or used them failed. They are closed before they are
   * parsed again: closing a name that does not exist is no error, parsing one that exists is.
   */
  readonly doubtful: Set<string>;
}
const plansOf = new WeakMap<Connection, Plans>();

/**
 * Sends statements with one Sync: one round trip, and one implicit transaction unless they begin one themselves.
 * This is how a tenant's setting and the query that needs it travel together. On an error the server skips the
 * rest up to the Sync, so nothing of an implicit transaction remains.
 *
 * Source: PostgreSQL documentation, "Frontend/Backend Protocol", "Extended Query" and "Pipelining".
 *
 * @param results filled as answers come in: after an error it holds those of the statements before the failed one.
 */
export function sendBatch(
  client: ClientBase,
  statements: readonly BoundStatement[],
  results: StatementResult[] = [],
): Promise<StatementResult[]> {
  return new Promise((resolve, reject) => {
    client.query(
      new Batch(statements, results, (error) => {
        if (error) reject(error);
        else resolve(results);
      }),
    );
  });
}

/** Values as they are sent. For a caller whose statements travel with others': one that cannot be sent fails alone. */
export function serialised({ statement, values }: BoundStatement): BoundStatement {
  return { statement, values: values.map((value) => utils.prepareValue(value)) };
}

/** A row that the driver could not read. */
class UnreadableRow extends Error {
  /** As of a statement's error: the connection is as good as before. */
  readonly severity = 'ERROR';

  constructor(cause: unknown) {
    super(`A row of the answer could not be read: ${String(cause)}`, { cause });
  }
}

class Batch implements Submittable {
  private readonly values: (string | Buffer | null)[][];
  private readonly shapes: (RowShape | undefined)[] = [];
  private rows: Row[] = [];
  private rowFailure: { readonly error: Error; readonly index: number } | undefined;

  constructor(
    private readonly statements: readonly BoundStatement[],
    private readonly results: StatementResult[],
    // pg reads this property: a submittable with a callback is one whose end somebody waits for.
    public callback: (error: Error | null) => void,
  ) {
    // Before anything is written: a value that cannot be serialised must not leave half a batch behind.
    this.values = statements.map(({ values }) => values.map((value) => utils.prepareValue(value)));
  }

  submit(connection: Connection): void {
    const plans = plansOf.get(connection) ?? { shapes: new Map(), doubtful: new Set() };
    plansOf.set(connection, plans);
    const messages: Buffer[] = [];
    for (const [index, { statement }] of this.statements.entries()) {
      const { name, text, returnsRows } = statement;
      const known = name !== '' && plans.shapes.has(name);
      if (!known) {
        if (plans.doubtful.delete(name)) messages.push(serialize.close({ type: 'S', name }));
        messages.push(serialize.parse({ name, text }));
        if (name !== '') plans.shapes.set(name, undefined);
      }
      messages.push(serialize.bind({ statement: name, values: this.values[index] }));
      // The rows of a prepared statement keep their shape (PostgreSQL refuses a plan whose result type changed),
      // so it is asked for once per connection.
      const shape = returnsRows ? plans.shapes.get(name) : noRows;
      if (!shape) messages.push(serialize.describe({ type: 'P', name: '' }));
      this.shapes.push(shape);
      messages.push(serialize.execute());
    }
    messages.push(serialize.sync());
    // One buffer, one write: each further chunk costs more than copying these few bytes.
    connection.stream.write(Buffer.concat(messages));
  }

  handleRowDescription(message: { fields: unknown }): void {
    const shape = new RowShape();
    shape.addFields(message.fields);
    this.shapes[this.results.length] = shape;
  }

  handleDataRow(message: { fields: unknown }): void {
    const index = this.results.length;
    const shape = this.shapes[index];
    if (this.rowFailure || !shape) return;
    try {
      this.rows.push(shape.parseRow(message.fields));
    } catch (error) {
      this.rowFailure = { error: new UnreadableRow(error), index };
    }
  }

  handleCommandComplete(message: { text: string }, connection: Connection): void {
    const index = this.results.length;
    const name = this.statements[index]?.statement.name;
    const shape = this.shapes[index];
    if (name && shape) plansOf.get(connection)?.shapes.set(name, shape);
    this.results.push({ rows: this.rows, tag: message.text });
    this.rows = [];
  }

  handleEmptyQuery(): void {
    this.results.push({ rows: [], tag: '' });
  }

  /** COPY has no place in a batch: the server would take what follows for its data, our Sync included. */
  handleCopyInResponse(connection: Connection): void {
    connection.stream.destroy(new Error('COPY FROM STDIN cannot be sent as a statement'));
  }

  /** What COPY TO STDOUT sends; there is nowhere to put it. */
  handleCopyData(): void {}

  handleError(error: Error, connection: Connection): void {
    const plans = plansOf.get(connection);
    for (const { statement } of this.statements) {
      if (statement.name === '') continue;
      plans?.shapes.delete(statement.name);
      plans?.doubtful.add(statement.name);
    }
    this.callback(error);
  }

  handleReadyForQuery(): void {
    if (this.rowFailure) this.results.length = this.rowFailure.index;
    this.callback(this.rowFailure?.error ?? null);
  }
}
