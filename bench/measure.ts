import { readFile } from 'node:fs/promises';

/** The resources that one run used. */
export interface Usage {
  readonly seconds: number;
  /** User and system time of all threads. */
  readonly cpuSeconds: number;
  /** The largest resident set of one process since its start, including the load of its modules. */
  readonly peakRssBytes: number | undefined;
}

/** Measures this process while it moves an object. Earlier work counts only for the memory. */
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
 * Returns the kernel's high-water mark of a process; undefined without `/proc`. `getrusage` is only a
 * fallback: on Linux it includes the parent's memory from before the child's exec.
 */
export async function peakRssBytes(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '');
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}

/** Returns the median; NaN for an empty list. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = Number.NaN, high = Number.NaN] = [
    sorted[Math.ceil(middle) - 1],
    sorted[Math.floor(middle)],
  ];
  return (low + high) / 2;
}
