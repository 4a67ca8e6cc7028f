import { beforeEach, describe, expect, it } from 'vitest';
import type { Destination } from '#src/core/destination.ts';
import { TransferError } from '#src/core/errors.ts';
import { defaultPauseSeconds, maxWaitSeconds } from '#src/core/limits.ts';
import { causeOf } from '#src/steps/retries.ts';
import { withSharedPause } from '#src/steps/shared-pause.ts';
import { ManualClock } from '../doubles/manual-clock.ts';
import { createMemoryTurnStore, type MemoryTurnStore } from '../doubles/memory-turn-store.ts';

const call = { signal: new AbortController().signal };

let clock: ManualClock;
let turns: MemoryTurnStore;
let calls: number;
/** What the service answers next, where it is an error. */
let refusal: TransferError | undefined;
beforeEach(() => {
  clock = new ManualClock();
  turns = createMemoryTurnStore();
  calls = 0;
  refusal = undefined;
});

/** One Lambda's view of the service. */
function lambda(): Destination {
  const answer = async () => {
    calls++;
    if (refusal) throw refusal;
    return { phase: 'ready' as const };
  };
  const service = { assetStatus: answer, sendChunk: answer } as unknown as Destination;
  return withSharedPause(service, () => ({ turns, clock, random: () => 0.5 }));
}

function throttled(retryAfterSeconds?: number) {
  return new TransferError('ThrottledError', '429', { retryAfterSeconds });
}

describe('a 429 to one call', () => {
  it('keeps every other Lambda away for the time it named, without a call', async () => {
    refusal = throttled(30);
    await expect(lambda().assetStatus('a', call)).rejects.toMatchObject({ retryAfterSeconds: 30 });
    refusal = undefined;
    clock.advance(10_000);
    const other = lambda().assetStatus('a', call);
    await expect(other).rejects.toMatchObject({ name: 'ThrottledError', retryAfterSeconds: 22.5 });
    expect(calls).toBe(1);
    expect(causeOf(await other.catch((error) => error))).toBe('SharedPause');
  });

  it('lets all come back once that time is over', async () => {
    refusal = throttled(30);
    await expect(lambda().assetStatus('a', call)).rejects.toThrow();
    refusal = undefined;
    clock.advance(30_000);
    expect(await lambda().assetStatus('a', call)).toEqual({ phase: 'ready' });
  });

  it('that names no time is a pause of its own length, told to the caller too', async () => {
    refusal = throttled();
    const answer = lambda().assetStatus('a', call);
    await expect(answer).rejects.toMatchObject({ retryAfterSeconds: defaultPauseSeconds });
    expect(await turns.pausedUntil()).toBe(clock.now() + defaultPauseSeconds * 1000);
  });

  it('that names a day holds the others up for the longest pause only', async () => {
    refusal = throttled(86_400);
    await expect(lambda().assetStatus('a', call)).rejects.toThrow();
    expect(await turns.pausedUntil()).toBe(clock.now() + maxWaitSeconds * 1000);
  });

  it('is heard from a chunk too, which itself goes to another host and never waits', async () => {
    refusal = throttled(30);
    await expect(lambda().sendChunk({} as never, {} as never, {} as never, call)).rejects.toThrow();
    refusal = undefined;
    await lambda().sendChunk({} as never, {} as never, {} as never, call);
    await expect(lambda().assetStatus('a', call)).rejects.toMatchObject({ name: 'ThrottledError' });
  });
});

it('any other error asks nobody to stay away', async () => {
  refusal = new TransferError('ServiceUnavailableError', '503');
  await expect(lambda().assetStatus('a', call)).rejects.toBe(refusal);
  expect(await turns.pausedUntil()).toBe(0);
});

it('a table that can not be asked holds nothing up', async () => {
  turns.pausedUntil = async () => {
    throw new TransferError('TableUnavailableError', 'down');
  };
  expect(await lambda().assetStatus('a', call)).toEqual({ phase: 'ready' });
});
