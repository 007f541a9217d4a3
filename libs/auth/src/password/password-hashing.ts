/** How passwords are hashed with argon2id, and how much of that at a time. */
export interface PasswordHashingOptions {
  /** KiB of memory for each. Default and least: 19,456. */
  readonly memoryKiB?: number;
  /** Default and least: 2. */
  readonly passes?: number;
  /** Default and least: 1. */
  readonly lanes?: number;
  /** Most at the same time. Default: one less than there are processors, 3 at most. */
  readonly concurrency?: number;
  /** Most that wait; who comes then is told to come back. Default 64. */
  readonly maxWaiting?: number;
  /** Takes whatever the others say, for tests: a guesser would thank you. */
  readonly weak?: boolean;
}
