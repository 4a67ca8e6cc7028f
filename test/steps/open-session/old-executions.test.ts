import { expect, it } from 'vitest';
import { maxSendingSeconds } from '#src/core/limits/limits.ts';
import { Serial } from '../../doubles/destinations/serial.ts';
import { film, putFilm } from '../../harness/port-harness.ts';
import { chunkBytes, itemOf, type Planned, StepHarness } from '../../harness/step-harness.ts';

it('a serial transfer that outlasts its execution is queued in time, and the next execution completes it', async () => {
  const harness = await StepHarness.createWith((clock, options) => new Serial(clock, options));
  const { clock, queue, store } = harness.doubles;
  // The execution has a minute left to send.
  const startedAt = { executionStartedAt: clock.now() + 60_000 - maxSendingSeconds * 1000 };
  putFilm(harness.doubles, 4 * chunkBytes);
  const opened = (await harness.open(await harness.inspect(), startedAt)) as Planned;
  const half = { ...itemOf(opened), range: { n: 1, first: 1, last: 2 } };
  await harness.send(half, startedAt);
  clock.advance(60_000);
  const stopped = await harness.send(itemOf(opened), startedAt);
  const checked = await harness.confirm({ ...opened, sentRanges: [stopped] }, startedAt);
  expect(checked).toMatchObject({ next: 'missing' });
  expect(await harness.open(harness.waitFor(checked), startedAt)).toMatchObject({
    next: 'ended',
    ending: { status: 'queued', because: 'the execution has no room for another round' },
  });
  expect(queue.tickets()).toHaveLength(1);
  const { transferId, fence } = await harness.row(opened);
  const next = { executionId: 'execution-b', executionStartedAt: clock.now() };
  const input = { dispatched: { transferId, fence }, ...film };
  const planned = (await harness.open(input, next)) as Planned;
  await harness.sendAll(planned, next);
  expect((await store.chunks(transferId, 1)).size).toBe(4);
  expect(harness.doubles.calls).toMatchObject({ sends: { length: 4 }, mostInFlight: 1 });
});
