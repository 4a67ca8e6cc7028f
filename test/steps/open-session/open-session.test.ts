import { describe, expect, it } from 'vitest';
import {
  maxCallsPerExecution,
  maxChunksPerSession,
  maxRangesPerExecution,
  maxRoundsPerExecution,
} from '#src/core/limits/limits.ts';
import { Serial } from '../../doubles/destinations/serial.ts';
import { film, putFilm } from '../../harness/port-harness.ts';
import { chunkBytes, itemOf, type Planned, StepHarness } from '../../harness/step-harness.ts';

const threeAtOnce = { chunksInFlight: 1, mapConcurrency: 3 };

describe('OpenSession', () => {
  it('plans as many ranges as are sent at once', async () => {
    const harness = await StepHarness.create({}, threeAtOnce);
    const opened = await harness.openTransfer(302);
    expect(opened).toMatchObject({
      next: 'send',
      round: 1,
      planned: 3,
      rangesAtOnce: 3,
      sessionNumber: 1,
      ranges: [
        { n: 1, first: 1, last: 100 },
        { n: 2, first: 101, last: 201 },
        { n: 3, first: 202, last: 302 },
      ],
    });
  });

  it('plans the same ranges of a session after a deployment with other settings', async () => {
    const harness = await StepHarness.create({}, threeAtOnce);
    const { ranges } = await harness.openTransfer(302);
    harness.tune({ mapConcurrency: 1, maxActiveTransfers: 80, sendTimeoutMs: 60_000 });
    harness.doubles.executions.states.set('execution-a', 'ended');
    const call = { executionId: 'execution-b' };
    const again = (await harness.open(await harness.inspect(film, call), call)) as Planned;
    expect(again).toMatchObject({ ranges, rangesAtOnce: 1 });
  });

  it('skips proven ranges, and the others keep their numbers', async () => {
    const harness = await StepHarness.create({}, threeAtOnce);
    const opened = await harness.openTransfer(120);
    await harness.send(itemOf(opened, 2));
    const again = (await harness.open({ ...opened, next: 'missing' })) as Planned;
    expect(again.ranges.map(({ n }) => n)).toEqual([1, 3]);
    expect(again).toMatchObject({ round: 2, planned: 5 });
  });

  it('answers "confirm" if every chunk is proven', async () => {
    const harness = await StepHarness.create();
    const opened = await harness.openTransfer(3);
    await harness.send(itemOf(opened));
    const again = await harness.open({ ...opened, next: 'missing' });
    expect(again).toMatchObject({ next: 'confirm', ranges: [] });
  });

  it('sends the type, size, shortened name and metadata to the service', async () => {
    const harness = await StepHarness.create();
    let sent: unknown;
    const { openSession } = harness.ports.destination;
    harness.override({
      openSession: (request, call) => {
        sent = request;
        return openSession(request, call);
      },
    });
    const options = { filename: `${'x'.repeat(300)}.mp4`, userMetadata: { reel: 3 } };
    await harness.openTransfer(2, {}, { ...film, ...options, enableHls: true });
    expect(sent).toMatchObject({
      source: { sizeBytes: 2 * chunkBytes },
      kind: 'video',
      filename: `${'x'.repeat(251)}.mp4`,
      options: { userMetadata: { reel: 3 }, enableHls: true },
    });
  });

  it.each([
    [{ chunksInFlight: 4, mapConcurrency: 8 }, 4],
    [{ chunksInFlight: 1, mapConcurrency: 8 }, 6],
    [{ chunksInFlight: 1, mapConcurrency: 2 }, 2],
    [{ chunksInFlight: 64, mapConcurrency: 40 }, 4],
  ])(
    'limits the concurrent ranges by %j and the service’s 8 chunks in flight',
    async (tuned, n) => {
      const harness = await StepHarness.create({}, tuned);
      expect((await harness.openTransfer(300)).rangesAtOnce).toBe(n);
    },
  );

  it('sends one range after the other if the service requires order', async () => {
    const harness = await StepHarness.createWith((clock, options) => new Serial(clock, options));
    expect((await harness.openTransfer(150)).rangesAtOnce).toBe(1);
  });

  it('writes the session’s row before the create request', async () => {
    const harness = await StepHarness.create();
    let before: unknown;
    const { openSession } = harness.ports.destination;
    harness.override({
      openSession: async (request, call) => {
        before = JSON.parse(harness.doubles.store.dump())[1][0][1];
        return openSession(request, call);
      },
    });
    await harness.openTransfer(2);
    expect(before).toMatchObject({
      number: 1,
      attemptId: expect.stringMatching(/^execution-a#1#/),
      state: 'opening',
    });
  });

  it('rejects a session with more chunks than its row can name', async () => {
    const harness = await StepHarness.create({ maxBytes: 1e12 });
    putFilm(harness.doubles, 1, { sizeBytes: maxChunksPerSession * chunkBytes + 1 });
    const rejected = harness.open(await harness.inspect());
    await expect(rejected).rejects.toMatchObject({ name: 'PlanTooLargeError' });
  });

  it.each([
    ['rounds', { round: maxRoundsPerExecution }],
    ['ranges', { planned: maxRangesPerExecution }],
    ['calls', { calls: maxCallsPerExecution }],
  ])('fails by name after too many %s', async (_, spent) => {
    const harness = await StepHarness.create();
    const opened = await harness.openTransfer(3);
    const rejected = harness.open({ ...opened, ...spent, next: 'missing' });
    await expect(rejected).rejects.toMatchObject({ name: 'RoundsExhaustedError' });
  });
});
