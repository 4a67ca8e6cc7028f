import { seededRandom } from '#local/simulators/randomness.ts';
import { jitteredBackoffMs } from '#src/core/errors/backoff.ts';
import { isTransferError, TransferError } from '#src/core/errors/transfer-error.ts';
import type { Random } from '#src/core/ports/clock.ts';
import { type CallLimiter, createCallLimiter } from '#src/throttling/call-limiter.ts';
import { callWithinLimit } from '#src/throttling/throttled-destination.ts';
import { createMemoryQueueStore } from '../doubles/memory/queue-store.ts';
import { ManualClock } from '../harness/clock.ts';

/** Decides about one call: `undefined` accepts it, otherwise the reply is throttled. */
export type Server = (now: number) => { readonly retryAfterSeconds?: number } | undefined;

/** Throttles random calls. */
export function noisy(share: number, random: Random): Server {
  return () => (random() < share ? {} : undefined);
}

/** Accepts a number of calls per second, with bursts of one second's calls. */
export function steady(perSecond: number): Server {
  let [left, last] = [perSecond, 0];
  return (now) => {
    left = Math.min(perSecond, left + ((now - last) / 1000) * perSecond);
    last = now;
    return left >= 1 ? void left-- : {};
  };
}

/** Accepts a number of calls in each minute of the clock. */
export function byTheMinute(calls: number, namesTime: boolean): Server {
  let [minute, made] = [0, 0];
  return (now) => {
    if (Math.floor(now / 60_000) !== minute) [minute, made] = [Math.floor(now / 60_000), 0];
    if (++made <= calls) return undefined;
    return namesTime ? { retryAfterSeconds: Math.ceil(60 - (now % 60_000) / 1000) } : {};
  };
}

interface Load {
  readonly server: Server;
  /** Concurrent callers. Each makes its next call when its last call ends. */
  readonly callers: number;
  readonly seconds: number;
  /** Processes that share their rates. */
  readonly processes?: number;
  readonly seed?: number;
}

/** The result of a load. */
export interface LoadResult {
  readonly accepted: number;
  readonly throttled: number;
  /** Throttled replies by second. */
  readonly throttledBySecond: readonly number[];
}

/** Runs callers against a server for some virtual time. They retry as `retryWithBackoff` does. */
export async function runLoad(load: Load): Promise<LoadResult> {
  const { server, callers, seconds, processes = 1, seed = 1 } = load;
  const clock = new ManualClock(0);
  const random = seededRandom(seed);
  const result = {
    accepted: 0,
    throttled: 0,
    throttledBySecond: Array<number>(seconds + 60).fill(0),
  };
  const call = async () => {
    const reply = server(clock.now());
    await clock.sleep(50 + random() * 200);
    if (!reply) return void result.accepted++;
    result.throttled++;
    const second = Math.floor(clock.now() / 1000);
    result.throttledBySecond[second] = (result.throttledBySecond[second] ?? 0) + 1;
    throw new TransferError('ThrottledError', '429', { ...reply, origin: 'storage' });
  };
  const limiters = limitersOf(processes, clock, random);
  const until = seconds * 1000;
  const caller = async (limiter: CallLimiter) => {
    for (let attempt = 1; clock.now() < until; attempt++) {
      try {
        await callWithinLimit(limiter, 'storage', undefined, call);
        attempt = 0;
      } catch (error) {
        if (!isTransferError(error, 'ThrottledError')) throw error;
        const { retryAfterSeconds } = error;
        const ms = retryAfterSeconds
          ? retryAfterSeconds * 1000
          : jitteredBackoffMs(attempt, random);
        await clock.sleep(ms);
      }
    }
  };
  const all = Array.from({ length: callers }, (_, i) => limiters[i % processes] as CallLimiter);
  await Promise.all(all.map(caller));
  return { ...result, throttledBySecond: result.throttledBySecond.slice(0, seconds) };
}

function limitersOf(count: number, clock: ManualClock, random: Random): CallLimiter[] {
  const queue = createMemoryQueueStore();
  const quiet = () => {};
  const log = { info: quiet, warn: quiet, error: quiet };
  const ports = { clock, random, log, meter: { add: quiet }, store: () => queue };
  return Array.from({ length: count }, () => createCallLimiter(ports));
}
