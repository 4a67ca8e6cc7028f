import { seededRandom } from '#local/simulators/randomness.ts';
import { fakeTime, passTime, restoreTime } from '../harness/clock.ts';
import type { ObjectRun } from './executions.ts';
import { bucket, type LoadHarness, openHarness } from './harness.ts';
import type { QueuedStart } from './load-table.ts';

/** A load, and the settings of its stack. */
export interface Load {
  readonly objects: number;
  readonly maxActiveTransfers: number;
  readonly seed: number;
  /** The share of objects with a killed execution. */
  readonly killedShare: number;
}

/** The result of a load. */
export interface LoadReport {
  readonly load: Load;
  readonly harness: LoadHarness;
  /** The executions of each object, in order of arrival. */
  readonly runs: readonly ObjectRun[];
  /** SHA-256 of each object, by its key. */
  readonly digests: ReadonlyMap<string, string>;
  /** Starts in order, of objects without a kill or a crash. */
  readonly undisturbedStarts: readonly QueuedStart[];
  readonly virtualSeconds: number;
  readonly realSeconds: number;
}

const minuteMs = 60_000;

/** The time after which an operator starts a killed transfer again. */
const restartAfterMs = 10 * minuteMs;

/** The longest time of a load. Executions that still run then are lost. */
const maxVirtualMs = 10 * 24 * 3600_000;

/** Puts all objects at once, and advances the time until all executions have ended. */
export async function runLoad(load: Load): Promise<LoadReport> {
  const realStart = performance.now();
  fakeTime(seededRandom(load.seed + 1));
  const maxSendConcurrency = 2 * load.maxActiveTransfers;
  const { maxActiveTransfers } = load;
  const harness = openHarness(load.seed, { maxActiveTransfers, maxSendConcurrency });
  try {
    const start = Date.now();
    const keys = Array.from({ length: load.objects }, (_, i) => `film ${i}.mp4`);
    const digests = new Map(keys.map((key) => [key, harness.put(key)]));
    for (const key of keys) harness.executions.arrive(bucket, key);
    await passUntilCalm(harness, load);
    const runs = keys.map((key) => harness.executions.watch.objects.get(key) as ObjectRun);
    const virtualSeconds = (Date.now() - start) / 1000;
    const realSeconds = (performance.now() - realStart) / 1000;
    const undisturbedStarts = await startsOf(harness, runs);
    return { load, harness, runs, digests, undisturbedStarts, virtualSeconds, realSeconds };
  } finally {
    await harness.pipeline.close();
    restoreTime();
  }
}

async function startsOf(
  { started, store }: LoadHarness,
  runs: readonly ObjectRun[],
): Promise<QueuedStart[]> {
  const disturbed = runs.filter(({ wasKilled, crashes }) => wasKilled || crashes > 0);
  const ids = new Set(disturbed.map(({ last }) => last.transferId));
  const undisturbed = [...started].filter(([id]) => !ids.has(id));
  return Promise.all(
    undisturbed.map(async ([id, ticketNumber]) => {
      // The first execution has fence 1. Each later execution has the next fence.
      const { fence = 2 } = (await store.transfer(id)) ?? {};
      return { ticketNumber, lostSlots: fence - 2 };
    }),
  );
}

/** Runs minute by minute: the schedule's call, some kills, and restarts of killed transfers. */
async function passUntilCalm(harness: LoadHarness, load: Load): Promise<void> {
  const { executions, queue } = harness;
  const kills = killer(harness, Math.round(load.objects * load.killedShare));
  const end = Date.now() + maxVirtualMs;
  while (Date.now() < end) {
    executions.everyMinute();
    kills.everyMinute();
    await passOne();
    if (executions.isCalm && kills.areDone() && queue.tickets().length === 0) return;
  }
}

async function passOne(): Promise<void> {
  const until = Date.now() + minuteMs;
  const tick = setTimeout(() => {}, minuteMs);
  await passTime(() => Date.now() >= until, 2 * minuteMs);
  clearTimeout(tick);
}

/** Kills random executions, and starts their objects again later. */
function killer({ executions, serviceWatch, random }: LoadHarness, total: number) {
  let left = total;
  const waiting = new Set<string>();
  const killOne = () => {
    const { running, objects } = executions.watch;
    const arns = [...running].filter(([, { key }]) => !objects.get(key)?.wasKilled).map(([a]) => a);
    const arn = arns[Math.floor(random() * arns.length)];
    const key = arn && executions.kill(arn);
    if (!key) return;
    left--;
    serviceWatch.killed.add(key);
    serviceWatch.active.delete(key);
    waiting.add(key);
    setTimeout(() => restart(key), restartAfterMs);
  };
  const restart = (key: string) => {
    waiting.delete(key);
    serviceWatch.killed.delete(key);
    executions.arrive(bucket, key);
  };
  return {
    /** Skips the kills that remain at the end of the load. */
    areDone: () => waiting.size === 0,
    everyMinute() {
      for (let i = 0; i < 3 && left > 0; i++) setTimeout(killOne, random() * minuteMs);
    },
  };
}
