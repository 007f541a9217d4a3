const lookMs = 5;

/**
 * Holds this process to a part of one core, as a container's limit does, but on any system and without its rights:
 * whenever it has used more processor time than its part of the time that has passed, all of it sleeps for as long as it
 * takes to be worth that. What it left unused while it had nothing to do it may not use later.
 */
export function holdTo(part: number): void {
  const bell = new Int32Array(new SharedArrayBuffer(4));
  let before = { used: usedMs(), at: performance.now() };
  let over = 0;
  setInterval(() => {
    const now = { used: usedMs(), at: performance.now() };
    over = Math.max(0, over + now.used - before.used - part * (now.at - before.at));
    before = now;
    if (over > 0) Atomics.wait(bell, 0, 0, over / part);
  }, lookMs).unref();
}

/** What all threads of this process have used of processors, in milliseconds. */
function usedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
