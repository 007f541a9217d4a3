import os from 'node:os';

/** One thing measured against its baseline. `target` is the least ratio wanted; undefined: watched, not judged. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
  readonly baseline: number;
  readonly ratio: number;
  readonly target: number | undefined;
}

/** Does one piece of work; the number it gets counts up over all callers. */
export type Operation = (index: number) => Promise<unknown>;

export interface Comparison {
  readonly name: string;
  readonly unit: string;
  readonly target?: number;
  /** How many callers keep the operation in flight. */
  readonly inFlight: number;
  readonly ours: Operation;
  readonly baseline: Operation;
}

export interface Effort {
  readonly rounds: number;
  /** Milliseconds that each side runs in each round. */
  readonly slice: number;
}

/**
 * Runs both sides in turn, round by round, the order swapped each time, so that a machine whose speed drifts slows
 * both alike. What counts is the median of the rounds' ratios.
 */
export async function compare(comparison: Comparison, { rounds, slice }: Effort): Promise<Figure> {
  const { name, unit, target, inFlight } = comparison;
  const counters = { ours: 0, baseline: 0 };
  const run = (side: 'ours' | 'baseline', ms: number) =>
    rate(ms, inFlight, () => comparison[side](counters[side]++));
  await run('ours', slice);
  await run('baseline', slice);
  const pairs: { ours: number; baseline: number }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const pair = { ours: 0, baseline: 0 };
    const order = round % 2 === 0 ? (['ours', 'baseline'] as const) : (['baseline', 'ours'] as const);
    for (const side of order) pair[side] = await run(side, slice);
    pairs.push(pair);
  }
  return figureOf(name, unit, pairs, target);
}

/** A figure from rounds that were measured elsewhere. */
export function figureOf(
  name: string,
  unit: string,
  pairs: readonly { ours: number; baseline: number }[],
  target?: number,
): Figure {
  return {
    name,
    unit,
    ours: Math.round(median(pairs.map(({ ours }) => ours))),
    baseline: Math.round(median(pairs.map(({ baseline }) => baseline))),
    ratio: Number(median(pairs.map(({ ours, baseline }) => ours / baseline)).toFixed(3)),
    target,
  };
}

/** Operations per second over a stretch of time with so many in flight. */
async function rate(ms: number, inFlight: number, operation: () => Promise<unknown>): Promise<number> {
  let done = 0;
  const start = performance.now();
  const end = start + ms;
  const caller = async () => {
    while (performance.now() < end) {
      await operation();
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  return (done / (performance.now() - start)) * 1_000;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(middle)] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

/** The figures as a table for people. */
export function tableOf(figures: readonly Figure[]): string {
  const number = (value: number) => value.toLocaleString('en-US');
  const rows = figures.map(({ name, unit, ours, baseline, ratio, target }) => [
    name,
    unit,
    number(ours),
    number(baseline),
    ratio.toFixed(2),
    target === undefined ? '–' : `≥ ${target}`,
    target === undefined ? '' : ratio >= target ? 'met' : 'missed',
  ]);
  const head = ['figure', 'unit', 'ours', 'baseline', 'ratio', 'target', ''];
  const lines = [head, head.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** The machine in a line; nothing that names it. */
export function machine(serverVersion: string): string {
  const [cpu] = os.cpus();
  const memory = Math.round(os.totalmem() / 2 ** 30);
  return `${os.cpus().length} × ${cpu?.model.trim()}, ${memory} GiB, ${os.type()} ${os.arch()}, Node ${process.version}, PostgreSQL ${serverVersion}`;
}
