import { describe, expect, it } from 'vitest';
import {
  type AdaptiveConcurrency,
  createAdaptiveConcurrency,
} from '#src/core/rates/adaptive-concurrency.ts';
import { ManualClock } from '../harness/clock.ts';

/** A connection in virtual time that all chunks in flight share. */
interface Line {
  readonly chunkBytes: number;
  /** Bytes per second of the whole connection. */
  readonly rate: number;
  /** Bytes per second of one stream. Default: no limit. */
  readonly perConnection?: number;
}

const MiB = 1024 * 1024;
const mbit = 1_000_000 / 8;

/** Sends chunks for some virtual seconds. */
async function send(line: Line, seconds: number, most = 32) {
  const clock = new ManualClock();
  const control = createAdaptiveConcurrency(clock, most);
  const { signal } = new AbortController();
  const flying: { left: number; startedAt: number }[] = [];
  const limits: number[] = [];
  let waiting = false;
  let storedBytes = 0;
  const admit = async () => {
    waiting = true;
    await control.acquire(signal);
    waiting = false;
    flying.push({ left: line.chunkBytes, startedAt: clock.now() });
  };
  const stepMs = 50;
  for (let ms = 0; ms < seconds * 1000; ms += stepMs) {
    if (!waiting) void admit();
    await Promise.resolve();
    await Promise.resolve();
    while (!waiting) {
      void admit();
      await Promise.resolve();
      await Promise.resolve();
    }
    clock.advance(stepMs);
    const share = Math.min(line.rate / Math.max(1, flying.length), line.perConnection ?? line.rate);
    for (const chunk of flying) chunk.left -= (share * stepMs) / 1000;
    for (const chunk of flying.filter(({ left }) => left <= 0)) {
      flying.splice(flying.indexOf(chunk), 1);
      storedBytes += line.chunkBytes;
      const tookMs = clock.now() - chunk.startedAt;
      control.release({ outcome: 'stored', storedBytes: line.chunkBytes, tookMs });
    }
    limits.push(control.limit);
  }
  return { storedBytes, limits, share: storedBytes / (line.rate * seconds) };
}

describe('chunks in flight', () => {
  it.each([
    ['1 Mbit/s, 5 MiB chunks', { chunkBytes: 5 * MiB, rate: mbit }],
    ['2 Mbit/s, 5 MiB chunks', { chunkBytes: 5 * MiB, rate: 2 * mbit }],
    ['10 Mbit/s, 5 MiB chunks', { chunkBytes: 5 * MiB, rate: 10 * mbit }],
    ['10 Mbit/s, 64 MiB chunks', { chunkBytes: 64 * MiB, rate: 10 * mbit }],
  ])('complete on a slow connection: %s', async (_, line) => {
    const { share, limits } = await send(line, 660);
    expect(share).toBeGreaterThan(0.8);
    expect(Math.max(...limits)).toBeLessThanOrEqual(8);
  });

  it('reach the limit on a fast connection within a few chunks', async () => {
    const line = { chunkBytes: 16 * MiB, rate: 400 * MiB };
    const { limits } = await send(line, 10);
    expect(limits.at(-1)).toBe(32);
    expect(limits.indexOf(32)).toBeLessThan(60);
  });

  it('increase if each stream has its own limit, although chunks are slow', async () => {
    const line = { chunkBytes: 64 * MiB, rate: 40 * MiB, perConnection: 2 * MiB };
    const { limits } = await send(line, 3_000);
    expect(Math.max(...limits)).toBeGreaterThanOrEqual(8);
  });

  function control(): AdaptiveConcurrency {
    return createAdaptiveConcurrency(new ManualClock(), 32);
  }

  async function fill(one: AdaptiveConcurrency): Promise<void> {
    const { signal } = new AbortController();
    for (let n = one.limit; n > 0; n--) await one.acquire(signal);
  }

  it('are halved when a chunk times out', async () => {
    const one = control();
    await fill(one);
    one.release({ outcome: 'slow', storedBytes: 0, tookMs: 60_000 });
    expect(one.limit).toBe(1);
  });

  it('are one at a time while the upload host rejects every chunk, then increase again', async () => {
    const one = control();
    await fill(one);
    const rejected = { outcome: 'rejected', storedBytes: 0, tookMs: 100 } as const;
    one.release(rejected);
    one.release(rejected);
    expect(one.limit).toBe(1);
    await fill(one);
    one.release({ outcome: 'stored', storedBytes: 1, tookMs: 100 });
    expect(one.limit).toBe(2);
  });

  it('wait for the limit, and stop waiting when the call is aborted', async () => {
    const one = control();
    await fill(one);
    const call = new AbortController();
    const waiting = one.acquire(call.signal);
    call.abort(new Error('over'));
    await expect(waiting).rejects.toThrow('over');
  });
});
