/** Tells listeners that something was appended: at most once per turn of the event loop, however much it was. */
export class CommitNudge {
  private readonly listeners = new Set<() => void>();
  private scheduled = false;

  /** @returns a function that removes the listener. */
  add(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  readonly signal = (): void => {
    if (this.scheduled || this.listeners.size === 0) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      for (const listener of this.listeners) listener();
    });
  };
}
