import type { MigrationClass } from '../migrate.js';
import type { CatalogueQuery } from './isolation-gate.js';

/** What a check says: `warning` is worth a look, `failure` must be put right. */
export interface Diagnosis {
  readonly verdict: 'ok' | 'warning' | 'failure';
  /** What was found, in one line and without secrets. */
  readonly detail: string;
}

/** The verdict of one check, by its name. */
export interface DoctorVerdict extends Diagnosis {
  readonly check: string;
}

/** What a check may ask, and what it is to compare with. */
export interface DoctorContext {
  /** Asks as `acci_app`, for a tenant that does not exist. */
  readonly app: CatalogueQuery;
  /** Asks as `acci_system`. */
  readonly system: CatalogueQuery;
  readonly migrations: readonly MigrationClass[];
  /** How long a transaction may be open before it is worth a word, in seconds. */
  readonly patience: number;
}

/** A check of the doctor's: an error that it throws is a failure. */
export interface DoctorCheck {
  readonly name: string;
  readonly run: (context: DoctorContext) => Promise<Diagnosis>;
}
