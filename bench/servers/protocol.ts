/** What a benchmark's server process tells its parent once it listens. */
export interface Listening {
  readonly port: number;
}

/** Tells the parent where this process listens, and ends with it. */
export function announce(port: number): void {
  process.on('disconnect', () => process.exit(0));
  process.send?.({ port } satisfies Listening);
}
