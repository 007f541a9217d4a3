import { DatabaseError } from '../database.errors.js';
import { isolationChecks } from './checks/index.js';

/** An object in the database through which tenants are not isolated from each other. */
export interface IsolationFinding {
  /** The check that found it, such as `table.row_security`. */
  readonly check: string;
  /** The object, such as `shop.orders`. */
  readonly offender: string;
  /** A sentence that names the object and says what is wrong with it. */
  readonly message: string;
}

/** Asks the database, as any role; values are bound. */
export type CatalogueQuery = (
  sql: string,
  values?: readonly unknown[],
) => Promise<readonly Record<string, unknown>[]>;

/** The database does not isolate its tenants; the message names every offender. */
export class IsolationViolated extends DatabaseError {
  readonly code = 'database.isolation.violated';
  readonly kind = 'forbidden';
  readonly findings: readonly IsolationFinding[];

  constructor(findings: readonly IsolationFinding[]) {
    super(`Tenants are not isolated:\n${findings.map(({ message }) => `  ${message}`).join('\n')}`);
    this.findings = findings;
  }
}

/**
 * Reads the catalogue for anything through which one tenant could see or touch another's rows: all checks in one
 * query, and so one snapshot. Schemas of the system and objects of extensions are left out.
 *
 * @returns what it found, nothing if all is well
 * @example
 * const findings = await checkIsolation((sql) => database.queryAsSystem('isolation gate', sql));
 */
export async function checkIsolation(query: CatalogueQuery): Promise<IsolationFinding[]> {
  const parts = isolationChecks.map(
    ({ name, query }) => `select '${name}' as name, offender from (${query}) as found`,
  );
  const rows = await query(`${parts.join('\nunion all\n')}\norder by 1, 2`);
  return rows.map((row) => {
    const [name, offender] = [String(row['name']), String(row['offender'])];
    const message = isolationChecks.find((check) => check.name === name)?.message ?? '';
    return { check: name, offender, message: `${offender} ${message} [${name}]` };
  });
}

/**
 * Refuses a database that does not isolate its tenants.
 *
 * @throws {IsolationViolated} naming every offender
 * @example
 * await assertIsolation((sql) => database.queryAsSystem('isolation gate', sql));
 */
export async function assertIsolation(query: CatalogueQuery): Promise<void> {
  const findings = await checkIsolation(query);
  if (findings.length > 0) throw new IsolationViolated(findings);
}
