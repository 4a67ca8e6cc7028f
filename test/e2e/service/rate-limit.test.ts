import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { StateMachineEvent } from '#local/state-machine/event-tally.ts';
import {
  expectReady,
  inputOf,
  openWireHarness,
  type WireHarness,
  withTimeLimit,
} from '../../harness/wire-harness.ts';

let harness: WireHarness;
beforeAll(async () => {
  harness = await openWireHarness();
});
afterEach(() => harness.reset());
afterAll(() => harness.close());

/** The input of a Wait state: of a step, or of a range. */
interface Wait {
  readonly waitSeconds?: number;
  readonly range?: { readonly waitSeconds?: number };
}

/** Collects the seconds of every entered Wait state. */
function watchWaits() {
  const seconds: unknown[] = [];
  const onEvent = (event: StateMachineEvent) => {
    if (event.type !== 'StateEntered' || event.state.type !== 'Wait') return;
    const { waitSeconds, range = { waitSeconds } } = event.state.input as Wait;
    seconds.push(range.waitSeconds);
  };
  return { seconds, onEvent };
}

/** Returns the times of an operation's calls, in ms of the harness clock. */
const timesOf = (on: 'presign' | 'put') => harness.service.calls.of(on).map(({ at }) => at);

describe('a 429 to one of many calls', () => {
  it('without a time does not stop the other chunks', async () => {
    const film = harness.put(150);
    for (const nth of [20, 40, 60])
      harness.service.faults.add({ on: 'put', nth, kind: 'throttle' });
    const output = await expectReady(harness, film, await harness.run(inputOf(film)));
    const times = timesOf('put');
    const gaps = times.slice(1).map((at, i) => at - (times[i] ?? 0));
    expect(harness.service.calls.count('put')).toBe(153);
    // A shared stop would pause every call for five seconds after each of the three.
    expect(gaps.filter((ms) => ms >= 4_000)).toEqual([]);
    expect(output.retries).toEqual({ ThrottledError: 3 });
  });

  it('with a time stops all calls of its kind until then', async () => {
    const film = harness.put(150);
    harness.service.faults.add({ on: 'presign', nth: 2, kind: 'throttle', retryAfter: 20 });
    await expectReady(harness, film, await harness.run(inputOf(film)));
    const api = ['presign', 'report', 'status', 'asset'] as const;
    const times = api.flatMap((on) => harness.service.calls.of(on).map(({ at }) => at));
    const stoppedAt = timesOf('presign')[1] ?? 0;
    // Calls in flight at the time of the reply continue.
    const early = times.filter((at) => at > stoppedAt + 2_000 && at < stoppedAt + 19_000);
    expect(early).toEqual([]);
  });

  it('of the API does not stop the upload host', async () => {
    const film = harness.put(60);
    harness.service.faults.add({ on: 'report', kind: 'throttle', retryAfter: 60 });
    await expectReady(harness, film, await harness.run(inputOf(film)));
    expect(harness.service.calls.counts()).toMatchObject({ put: 60 });
  });

  it('A22: longer than a Wait state is respected in full, and the table has its end', async () => {
    const film = harness.put(1);
    harness.service.faults.add({ on: 'create', kind: 'throttle', retryAfter: 1_200 });
    harness.clock.setFactor(400);
    const { seconds, onEvent } = watchWaits();
    await expectReady(harness, film, await harness.run(inputOf(film), { onEvent }));
    const until = (await harness.queue.sharedRates()).service?.stoppedUntil ?? 0;
    const [first, second] = harness.service.calls.of('create');
    expect(Math.abs(until - (first?.at ?? 0) - 1_200_000)).toBeLessThan(5_000);
    expect(second?.at).toBeGreaterThanOrEqual(until - 1_000);
    expect(Math.max(...(seconds as number[]))).toBe(300);
  });
});

describe('the backoff that a 429 asks for', () => {
  it.each(['presign', 'put', 'report'] as const)(
    'is waited for in the function within its time limit: %s',
    async (on) => {
      const film = harness.put(1);
      harness.service.faults.add({ on, kind: 'throttle', retryAfter: 20 });
      const output = await expectReady(harness, film, await harness.run(inputOf(film)));
      const [first, second] = harness.service.calls.of(on);
      expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(20_000);
      expect(output.retries).toEqual({ ThrottledError: 1 });
    },
  );

  it.each(['create', 'presign', 'put', 'status', 'asset'] as const)(
    'becomes a Wait state beyond the function time limit, and is counted: %s',
    async (on) => {
      const film = harness.put(1);
      harness.service.faults.add({ on, kind: 'throttle', retryAfter: 60 });
      const { seconds, onEvent } = watchWaits();
      // The function uses 55 of 60 seconds for work.
      const more = { onEvent, ...withTimeLimit(harness, 'SendChunks', 60) };
      const output = await expectReady(harness, film, await harness.run(inputOf(film), more));
      expect(seconds[0]).toBe(60);
      expect(output.retries).toMatchObject({ ThrottledError: 1 });
    },
  );

  it('is waited for before a throttled report is repeated', async () => {
    const film = harness.put(1);
    harness.service.faults.add({ on: 'report', kind: 'throttle', retryAfter: 60 });
    const { seconds, onEvent } = watchWaits();
    const output = await expectReady(harness, film, await harness.run(inputOf(film), { onEvent }));
    expect(seconds[0]).toBeGreaterThan(15);
    expect(output.retries).toMatchObject({ ThrottledError: 1 });
  });

  it('becomes a Wait state at a second start, which checks the asset first', async () => {
    const film = harness.put(1);
    await harness.run(inputOf(film));
    harness.service.faults.add({ on: 'asset', kind: 'throttle', retryAfter: 60 });
    const { seconds, onEvent } = watchWaits();
    const { output } = await harness.run(inputOf(film), { onEvent });
    expect(output).toMatchObject({ status: 'already-ingested' });
    expect(seconds).toEqual([60]);
  });

  it('at the first check of an old session does not replace that check', async () => {
    const film = harness.put(2);
    harness.service.switches.assetFailure = 'no video track';
    expect(await harness.run(inputOf(film))).toMatchObject({ error: 'AssetFailedError' });
    harness.service.switches.assetFailure = undefined;
    harness.service.faults.add({ on: 'asset', kind: 'throttle', retryAfter: 20 });
    await expectReady(harness, film, await harness.run(inputOf(film)));
    expect(harness.service.calls.count('create')).toBe(2);
  });
});
