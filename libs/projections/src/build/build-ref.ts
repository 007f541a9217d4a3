/** One filling of a projection's tables by one version of it, as the database has it. */
export interface BuildRef {
  readonly projection: string;
  /** From 1, within the projection. */
  readonly build: number;
  readonly version: number;
  readonly status: BuildStatus;
}

/**
 * `filling`: on its way to the end of the log, nobody reads it yet. `serving`: what queries see. `retired`: another one
 * took its place. `aborted`: given up before it served.
 */
export type BuildStatus = 'filling' | 'serving' | 'retired' | 'aborted';
