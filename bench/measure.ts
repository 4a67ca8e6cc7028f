import { readFile } from 'node:fs/promises';

/** What one run took. */
export interface Usage {
  readonly seconds: number;
  /** User and system time, of all threads. */
  readonly cpuSeconds: number;
  /** The largest resident set of one process since it started, its loading included. */
  readonly peakRssBytes: number | undefined;
}

/** Measures this process while it moves an object; what it did before counts for its memory only. */
export async function measure(move: () => Promise<unknown>): Promise<Usage> {
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  await move();
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  const peak = (await peakRssBytes(process.pid)) ?? process.resourceUsage().maxRSS * 1024;
  return { seconds, cpuSeconds: (user + system) / 1e6, peakRssBytes: peak };
}

/**
 * The kernel's own high-water mark. `getrusage` is only the second choice: on Linux it hands down
 * what the parent had before the child's program replaced it. Undefined where there is no `/proc`.
 */
export async function peakRssBytes(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '');
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}

/** The middle one, or the mean of the middle two; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = Number.NaN, high = Number.NaN] = [
    sorted[Math.ceil(middle) - 1],
    sorted[Math.floor(middle)],
  ];
  return (low + high) / 2;
}
