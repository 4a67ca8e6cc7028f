import { beforeEach, describe, expect, it } from 'vitest';
import type { ErrorOrigin } from '#src/core/errors/error-lookup.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { maxSharedStopSeconds } from '#src/core/limits/limits.ts';
import type { LogFields } from '#src/core/ports/log.ts';
import { retryCauseOf } from '#src/step-support/retry-counts.ts';
import { type CallLimiter, createCallLimiter } from '#src/throttling/call-limiter.ts';
import type { RateStore } from '#src/throttling/rate-sharing.ts';
import { createMemoryQueueStore, type MemoryQueueStore } from '../doubles/memory/queue-store.ts';
import { ManualClock } from '../harness/clock.ts';

let clock: ManualClock;
let queue: MemoryQueueStore;
let store: RateStore;
/** Calls of the table, by method. */
let table: string[];
let lines: { readonly message: string; readonly fields: LogFields | undefined }[];
let metrics: unknown[];
beforeEach(() => {
  clock = new ManualClock();
  queue = createMemoryQueueStore();
  [table, lines, metrics] = [[], [], []];
  store = {
    shareRate: (...args) => counted('shareRate', () => queue.shareRate(...args)),
    shareStop: (...args) => counted('shareStop', () => queue.shareStop(...args)),
    sharedRates: () => counted('sharedRates', () => queue.sharedRates()),
  };
});

function counted<T>(method: string, work: () => Promise<T>): Promise<T> {
  table.push(method);
  return work();
}

/** Creates the limiter of another process. */
function limiterOf(): CallLimiter {
  const line = (message: string, fields?: LogFields) => void lines.push({ message, fields });
  const log = { info: line, warn: line, error: line };
  const meter = { add: (...taken: unknown[]) => void metrics.push(taken) };
  return createCallLimiter({ clock, random: () => 0.5, log, meter, store: () => store });
}

function throttled(retryAfterSeconds?: number, origin?: ErrorOrigin) {
  return new TransferError('ThrottledError', 'the service answered 429', {
    retryAfterSeconds,
    origin,
  });
}

/** Makes concurrent calls and returns their total time in ms. */
async function msFor(limiter: CallLimiter, calls: number, kind: ErrorOrigin = 'service') {
  const from = clock.now();
  await Promise.all(Array.from({ length: calls }, () => limiter.take(kind)));
  return clock.now() - from;
}

describe('a throttled reply without Retry-After', () => {
  it('lets other calls continue at a lower rate', async () => {
    const limiter = limiterOf();
    expect(await msFor(limiter, 10)).toBe(0);
    await limiter.learn(throttled());
    const ms = await msFor(limiter, 8);
    expect(ms).toBeGreaterThan(500);
    expect(ms).toBeLessThan(1500);
  });

  it.each(['storage', 'source'] as const)('does not affect the other kinds: %s', async (origin) => {
    const limiter = limiterOf();
    await limiter.take(origin);
    await limiter.learn(throttled(undefined, origin));
    expect(await msFor(limiter, 50, 'service')).toBe(0);
    expect(await msFor(limiter, 3, origin)).toBeGreaterThan(1000);
  });

  it('is logged and counted once per burst', async () => {
    const limiter = limiterOf();
    await msFor(limiter, 10);
    await Promise.all(Array.from({ length: 5 }, () => limiter.learn(throttled())));
    const until = new Date(clock.now() + 60_000).toISOString();
    const fields = {
      kind: 'service',
      callsPerSecond: 7,
      until,
      reason: 'the service answered 429',
    };
    expect(lines.map((line) => line.fields)).toEqual([fields]);
    expect(metrics).toEqual([['RateLowered', 1, 'service']]);
  });

  it('postpones a call that would wait for more than ten seconds', async () => {
    const limiter = limiterOf();
    await limiter.take('service');
    await limiter.learn(throttled());
    const calls = Array.from({ length: 30 }, () => limiter.take('service'));
    const ends = await Promise.allSettled(calls);
    const errors = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []));
    expect(errors.length).toBeGreaterThan(10);
    expect(errors[0]).toMatchObject({
      name: 'ThrottledError',
      isCallPostponed: true,
      origin: 'service',
    });
    expect(errors[0].retryAfterSeconds).toBeGreaterThan(10);
  });

  it('ends the wait of a call at its deadline', async () => {
    const limiter = limiterOf();
    await limiter.take('service');
    await limiter.learn(throttled());
    const up = AbortSignal.abort(new TransferError('RequestTimeoutError', 'time is up'));
    const first = limiter.take('service');
    await expect(limiter.take('service', up)).rejects.toMatchObject({
      name: 'RequestTimeoutError',
    });
    await first;
    expect(await msFor(limiter, 1)).toBeLessThan(1500);
  });
});

// https://github.com/rclone/rclone/issues/1351: one success set the pace back to its fastest.
it('a successful call does not end the limit', async () => {
  const limiter = limiterOf();
  await limiter.take('service');
  await limiter.learn(throttled());
  await limiter.take('service');
  expect(await msFor(limiter, 3)).toBeGreaterThan(1000);
});

// https://github.com/scylladb/scylladb/pull/30775: retries went out at full rate, past the limit.
it('a retry waits like a first call', async () => {
  const limiter = limiterOf();
  const times: number[] = [];
  for (let attempt = 0; attempt < 4; attempt++) {
    await limiter.take('storage');
    times.push(clock.now());
    await limiter.learn(throttled(undefined, 'storage'));
  }
  const gaps = times.slice(1).map((at, i) => at - (times[i] ?? 0));
  expect(Math.min(...gaps)).toBeGreaterThan(600);
});

describe('a throttled reply with Retry-After', () => {
  it('stops its kind of call in every process until that time', async () => {
    await limiterOf().learn(throttled(30));
    clock.advance(10_000);
    const error = await limiterOf()
      .take('service')
      .catch((thrown) => thrown);
    expect(error).toMatchObject({
      name: 'ThrottledError',
      isCallPostponed: true,
      retryAfterSeconds: 22.5,
    });
    expect(retryCauseOf(error)).toBe('SharedBackoff');
    clock.advance(20_000);
    expect(await msFor(limiterOf(), 5)).toBe(0);
  });

  it('lets no call start early: it waits for the last second', async () => {
    const limiter = limiterOf();
    await limiter.learn(throttled(30));
    clock.advance(29_500);
    expect(await msFor(limiter, 1)).toBe(500);
  });

  it('does not affect the other kinds', async () => {
    const limiter = limiterOf();
    await limiter.learn(throttled(30, 'storage'));
    expect(await msFor(limiter, 20)).toBe(0);
  });

  // https://github.com/flyteorg/flyte-sdk/pull/1136 clamps it to a minute.
  it('A22: of hours is honoured, of weeks is bounded by kind', async () => {
    const limiter = limiterOf();
    await limiter.learn(throttled(4 * 3600));
    await limiter.learn(throttled(9_999_999, 'storage'));
    const { service, storage } = await queue.sharedRates();
    expect(service?.stoppedUntil).toBe(clock.now() + 4 * 3600_000);
    expect(storage?.stoppedUntil).toBe(clock.now() + maxSharedStopSeconds.storage * 1000);
    const until = new Date(clock.now() + 4 * 3600_000).toISOString();
    const reason = 'the service answered 429';
    const fields = { kind: 'service', callsPerSecond: 0, until, reason };
    expect(lines[0]?.fields).toEqual(fields);
    expect(metrics[0]).toEqual(['CallsStopped', 1, 'service']);
  });

  it('that ends before the present stop changes nothing', async () => {
    const limiter = limiterOf();
    await limiter.learn(throttled(300));
    await limiter.learn(throttled(5));
    clock.advance(6_000);
    await expect(limiter.take('service')).rejects.toMatchObject({ isCallPostponed: true });
    expect(lines).toHaveLength(1);
  });

  it('is shared also if a rate was just shared', async () => {
    const limiter = limiterOf();
    await limiter.learn(throttled());
    await limiter.learn(throttled(60));
    clock.advance(5_000);
    await expect(limiter.take('service')).rejects.toMatchObject({ isCallPostponed: true });
    expect((await queue.sharedRates()).service?.stoppedUntil).toBe(clock.now() + 55_000);
  });
});

describe('the shared rates', () => {
  it('are read at the first call', async () => {
    const busy = limiterOf();
    await msFor(busy, 4);
    await busy.learn(throttled());
    expect(await msFor(limiterOf(), 4)).toBeGreaterThan(750);
  });

  it('cost one read in five seconds, and no write', async () => {
    const limiter = limiterOf();
    for (let second = 0; second < 20; second++) {
      await msFor(limiter, 100);
      clock.advance(1_000);
    }
    expect(table).toEqual(Array(4).fill('sharedRates'));
  });

  it('cost at most one write for each kind in five seconds', async () => {
    const limiter = limiterOf();
    for (let second = 0; second < 20; second++) {
      await limiter.learn(throttled(undefined, 'service'));
      await limiter.learn(throttled(undefined, 'storage'));
      clock.advance(1_000);
    }
    expect(table).toEqual(Array(8).fill('shareRate'));
  });

  it('cost nothing without a call', () => {
    limiterOf();
    clock.advance(60_000);
    expect(table).toEqual([]);
  });

  it('do not use the table for callers without permission', async () => {
    const { local } = limiterOf();
    await local.take('source');
    await local.learn(throttled(30, 'source'));
    await expect(local.take('source')).rejects.toMatchObject({
      isCallPostponed: true,
      origin: 'source',
    });
    expect(table).toEqual([]);
  });

  it.each([
    ['fails', () => Promise.reject(new TransferError('TableUnavailableError', 'down')), 0],
    ['never answers', () => new Promise<never>(() => {}), 1_000],
  ])('delay no call if the table %s', async (_how, fail, ms) => {
    const limiter = limiterOf();
    store = { shareRate: fail, shareStop: fail, sharedRates: fail };
    const from = clock.now();
    const working = limiter.take('service').then(() => limiter.learn(throttled(2)));
    await clock.sleep(ms);
    await clock.sleep(ms);
    await working;
    expect(clock.now() - from).toBe(2 * ms);
    await expect(limiter.local.take('service')).rejects.toMatchObject({ isCallPostponed: true });
  });
});

it.each([
  ['another error', new TransferError('ServiceUnavailableError', '503')],
  ['a postponed call', new TransferError('ThrottledError', 'wait', { isCallPostponed: true })],
  ['a bug', new Error('oops')],
])('%s lowers no rate', async (_what, error) => {
  const limiter = limiterOf();
  await limiter.learn(error);
  expect(await msFor(limiter, 20)).toBe(0);
  expect(lines).toEqual([]);
});
