/** How far some work is. */
export interface Advance {
  readonly title: string;
  /** What is counted, such as `events`. */
  readonly unit: string;
  readonly done: number;
  /** Undefined where nobody knows. */
  readonly total: number | undefined;
  readonly elapsedMs: number;
  /** Where the work knows better than its average since the beginning; per second. */
  readonly rate?: number | undefined;
}

const barWidth = 24;
const scales = [
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const;

/**
 * A line that says how far some work is, how fast it goes, and how long it will take.
 *
 * @example
 * progressLine({ title: 'Exporting', unit: 'events', done: 250, total: 1000, elapsedMs: 2_000 });
 * // Exporting [██████░░░░░░░░░░░░░░░░░░]  25 %  250 of 1000 events  125/s  6s left
 */
export function progressLine({ title, unit, done, total, elapsedMs, rate }: Advance): string {
  const perSecond = rate ?? (elapsedMs > 0 ? (done * 1_000) / elapsedMs : 0);
  const speed = `${short(perSecond)}/s`;
  if (total === undefined || total === 0)
    return [title, ...(done > 0 ? [`${short(done)} ${unit}`, speed] : []), duration(elapsedMs)].join('  ');
  const share = Math.min(done / total, 1);
  const filled = Math.round(share * barWidth);
  const bar = '█'.repeat(filled) + '░'.repeat(barWidth - filled);
  const percent = `${Math.floor(share * 100)} %`.padStart(5);
  const left = perSecond > 0 ? `${duration(((total - done) * 1_000) / perSecond)} left` : 'no end in sight';
  return `${title} [${bar}] ${percent}  ${short(done)} of ${short(total)} ${unit}  ${speed}  ${left}`;
}

/** 1234567 as `1.23M`. */
function short(value: number): string {
  const [size, letter] = scales.find(([from]) => value >= from * 10) ?? [1, ''];
  const scaled = value / size;
  return `${scaled < 10 && scaled % 1 !== 0 ? scaled.toFixed(1) : Math.round(scaled)}${letter}`;
}

/** Milliseconds as `5s`, `2m 05s` or `3h 10m`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  const [hours, minutes, rest] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (hours > 0) return `${hours}h ${pad(minutes)}m`;
  return minutes > 0 ? `${minutes}m ${pad(rest)}s` : `${rest}s`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
