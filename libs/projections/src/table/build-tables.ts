import type { Transaction } from '@acci/database';
import { FoldedWrites, type Target } from './folded-writes.js';
import { BuildTransaction } from './projection-transaction.js';
import { Redirect } from './redirect.js';
import { readTableShapes } from './table-shape.js';

/** The tables of one build: as declared, or shadows of them. */
export class BuildTables {
  private readonly redirect: Redirect | undefined;
  private targets: ReadonlyMap<string, Target> | undefined;

  /**
   * @param declared in the order in which they may reference one another.
   * @param shadows where those are that are not in place.
   */
  constructor(
    readonly declared: readonly string[],
    private readonly shadows: ReadonlyMap<string, string> = new Map(),
  ) {
    this.redirect = shadows.size > 0 ? new Redirect(shadows) : undefined;
  }

  /** What the tables are called in the database, in the order in which they were declared. */
  get names(): string[] {
    return this.declared.map((table) => this.storedIn(table));
  }

  /** Where the rows of a declared table are. */
  storedIn(table: string): string {
    return this.shadows.get(table) ?? table;
  }

  /** Makes a tenant's transaction lead here. What it keeps is written by its `settle`. */
  async open(tx: Transaction): Promise<BuildTransaction> {
    this.targets ??= await this.look(tx);
    return new BuildTransaction(tx, new FoldedWrites(this.targets), this.redirect);
  }

  private async look(tx: Transaction): Promise<Map<string, Target>> {
    const shapes = await readTableShapes(tx, this.declared);
    const targets = new Map<string, Target>();
    for (const table of this.declared) {
      const shape = shapes.get(table);
      if (shape) targets.set(table, { table, storedIn: this.storedIn(table), shape, statements: new Map() });
    }
    return targets;
  }
}
