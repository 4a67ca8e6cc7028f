import { readFile } from 'node:fs/promises';

/** The resources that one run used. */
export interface Usage {
  /** When the run was started, in ms since 1970. */
  readonly startedAt: number;
  readonly seconds: number;
  /** User and system time of all threads. */
  readonly cpuSeconds: number;
  /** The largest resident set of one process since its start, including the load of its modules. */
  readonly peakRssBytes: number | undefined;
  /** From the start of a whole command until its first GET. */
  readonly firstGetSeconds?: number | undefined;
}

/** Measures this process while it moves an object. Earlier work counts only for the memory. */
export async function measure(move: () => Promise<unknown>): Promise<Usage> {
  const cpuBefore = process.cpuUsage();
  const startedAt = Date.now();
  const before = performance.now();
  await move();
  const seconds = (performance.now() - before) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  const peak = (await peakRssBytes(process.pid)) ?? process.resourceUsage().maxRSS * 1024;
  return { startedAt, seconds, cpuSeconds: (user + system) / 1e6, peakRssBytes: peak };
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

/** Adds up the runs of several objects. The peak is that of one process, so the largest counts. */
export function sumUsages(usages: readonly Usage[]): Usage {
  const sum = (part: (usage: Usage) => number) => usages.reduce((all, one) => all + part(one), 0);
  const peaks = usages.flatMap(({ peakRssBytes }) => peakRssBytes ?? []);
  return {
    startedAt: Math.min(...usages.map((usage) => usage.startedAt)),
    seconds: sum(({ seconds }) => seconds),
    cpuSeconds: sum(({ cpuSeconds }) => cpuSeconds),
    peakRssBytes: peaks.length > 0 ? Math.max(...peaks) : undefined,
  };
}
