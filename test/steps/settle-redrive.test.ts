import { describe, expect, it } from 'vitest';
import type { Planned } from '../harness/step-harness.ts';
import { itemOf } from '../harness/step-harness.ts';
import { openSending, statusChange } from './settle-stage.ts';

/** A transfer under way whose execution was aborted and settled. */
async function settled() {
  const scene = await openSending(3);
  scene.ends.ends.set('execution-a', { status: 'aborted' });
  await scene.reconcile(statusChange('ABORTED'));
  const types = () => scene.harness.bench.events.outcomes.map(({ type }) => type);
  return { ...scene, types };
}

describe('an execution that was settled and then redriven', () => {
  it('sends nothing without a turn, and goes on once it has waited for one', async () => {
    const { harness, opened, row } = await settled();
    expect(await harness.send(itemOf(opened))).toMatchObject({ next: 'stop' });
    expect(harness.service.assetIds()).toEqual([]);
    const confirmed = await harness.confirm(opened);
    const again = (await harness.open(confirmed)) as Planned;
    expect(again).toMatchObject({ next: 'send', sessionNumber: 1 });
    expect(await row()).toMatchObject({ state: 'active', outcomePublished: false });
  });

  it('tells of its good end too, after the bad one', async () => {
    const { harness, opened, row, types } = await settled();
    const again = (await harness.open({ ...opened, next: 'missing' })) as Planned;
    await harness.sendAll(again);
    const awaited = await harness.await(await harness.confirm(again));
    harness.bench.clock.advance(3_600_000);
    await harness.record(awaited.next === 'ended' ? awaited : await harness.await(awaited));
    expect(await row()).toMatchObject({ state: 'ready', outcomePublished: true });
    expect(types()).toEqual(['Transfer Cancelled', 'Transfer Ready']);
  });

  it('from its last state, with nothing left to send, tells of its good end too', async () => {
    const scene = await openSending(1);
    const { harness, opened } = scene;
    await harness.sendAll(opened);
    const confirmed = await harness.confirm(opened);
    scene.ends.ends.set('execution-a', { status: 'timed-out' });
    await scene.reconcile(statusChange('TIMED_OUT'));
    harness.bench.clock.advance(3_600_000);
    const ended = await harness.await(confirmed);
    expect(await harness.record(ended)).toMatchObject({ next: 'succeed' });
    const told = harness.bench.events.outcomes.map(({ type }) => type);
    expect(told).toEqual(['Transfer Failed', 'Transfer Ready']);
  });
});

it('the failure of a redriven execution is told, after the abort that it was settled as', async () => {
  const scene = await openSending(1);
  const { harness, opened, row } = scene;
  await harness.sendAll(opened);
  const confirmed = await harness.confirm(opened);
  scene.ends.ends.set('execution-a', { status: 'aborted' });
  await scene.reconcile(statusChange('ABORTED'));
  await harness.record({ ...confirmed, error: { Error: 'AssetFailedError', Cause: 'no video' } });
  const told = harness.bench.events.outcomes.map(({ detail }) => detail.error ?? detail.status);
  expect(told).toEqual(['cancelled', 'AssetFailedError']);
  expect(await row()).toMatchObject({
    outcomePublished: true,
    outcome: { error: 'AssetFailedError' },
  });
});

it('a late second call of OpenSession does not undo a good end', async () => {
  const { harness, opened, row } = await openSending(1);
  await harness.sendAll(opened);
  const confirmed = await harness.confirm(opened);
  harness.bench.clock.advance(3_600_000);
  await harness.record(await harness.await(confirmed));
  await expect(harness.open(opened)).rejects.toMatchObject({ name: 'FencedOutError' });
  expect(await row()).toMatchObject({ state: 'ready', outcomePublished: true });
});

it('an end that is replaced while it is told is told again as what it is now', async () => {
  const { harness, opened, row, ends, reconcile } = await openSending(1);
  await harness.sendAll(opened);
  const confirmed = await harness.confirm(opened);
  harness.bench.clock.advance(3_600_000);
  const awaited = await harness.await(confirmed);
  ends.ends.set('execution-a', { status: 'aborted' });
  const { events } = harness.bench;
  const publish = events.publish.bind(events);
  let isFirst = true;
  events.publish = async (event) => {
    await publish(event);
    if (isFirst) {
      isFirst = false;
      await harness.record(awaited);
    }
  };
  await reconcile(statusChange('ABORTED'));
  expect(await row()).toMatchObject({ state: 'ready', outcomePublished: true });
  expect(events.outcomes.at(-1)).toMatchObject({ type: 'Transfer Ready' });
});
