import { describe, expect, it } from 'vitest';
import { openSending, statusChange } from './settle-stage.ts';
import type { Planned } from './stage.ts';
import { itemOf } from './stage.ts';

/** A transfer under way whose execution was aborted and settled. */
async function settled() {
  const scene = await openSending(3);
  scene.ends.ends.set('execution-a', { status: 'aborted' });
  await scene.reconcile(statusChange('ABORTED'));
  const types = () => scene.stage.bench.events.outcomes.map(({ type }) => type);
  return { ...scene, types };
}

describe('an execution that was settled and then redriven', () => {
  it('sends nothing without a turn, and goes on once it has waited for one', async () => {
    const { stage, opened, row } = await settled();
    expect(await stage.send(itemOf(opened))).toMatchObject({ next: 'stop' });
    expect(stage.service.assetIds()).toEqual([]);
    const confirmed = await stage.confirm(opened);
    const again = (await stage.open(confirmed)) as Planned;
    expect(again).toMatchObject({ next: 'send', sessionNumber: 1 });
    expect(await row()).toMatchObject({ state: 'active', outcomePublished: false });
  });

  it('tells of its good end too, after the bad one', async () => {
    const { stage, opened, row, types } = await settled();
    const again = (await stage.open({ ...opened, next: 'missing' })) as Planned;
    await stage.sendAll(again);
    const awaited = await stage.await(await stage.confirm(again));
    stage.bench.clock.advance(3_600_000);
    await stage.record(awaited.next === 'ended' ? awaited : await stage.await(awaited));
    expect(await row()).toMatchObject({ state: 'ready', outcomePublished: true });
    expect(types()).toEqual(['Transfer Cancelled', 'Transfer Ready']);
  });

  it('from its last state, with nothing left to send, tells of its good end too', async () => {
    const scene = await openSending(1);
    const { stage, opened } = scene;
    await stage.sendAll(opened);
    const confirmed = await stage.confirm(opened);
    scene.ends.ends.set('execution-a', { status: 'timed-out' });
    await scene.reconcile(statusChange('TIMED_OUT'));
    stage.bench.clock.advance(3_600_000);
    const ended = await stage.await(confirmed);
    expect(await stage.record(ended)).toMatchObject({ next: 'succeed' });
    const told = stage.bench.events.outcomes.map(({ type }) => type);
    expect(told).toEqual(['Transfer Failed', 'Transfer Ready']);
  });
});

it('the failure of a redriven execution is told, after the abort that it was settled as', async () => {
  const scene = await openSending(1);
  const { stage, opened, row } = scene;
  await stage.sendAll(opened);
  const confirmed = await stage.confirm(opened);
  scene.ends.ends.set('execution-a', { status: 'aborted' });
  await scene.reconcile(statusChange('ABORTED'));
  await stage.record({ ...confirmed, error: { Error: 'AssetFailedError', Cause: 'no video' } });
  const told = stage.bench.events.outcomes.map(({ detail }) => detail.error ?? detail.status);
  expect(told).toEqual(['cancelled', 'AssetFailedError']);
  expect(await row()).toMatchObject({
    outcomePublished: true,
    outcome: { error: 'AssetFailedError' },
  });
});

it('a late second call of OpenSession does not undo a good end', async () => {
  const { stage, opened, row } = await openSending(1);
  await stage.sendAll(opened);
  const confirmed = await stage.confirm(opened);
  stage.bench.clock.advance(3_600_000);
  await stage.record(await stage.await(confirmed));
  await expect(stage.open(opened)).rejects.toMatchObject({ name: 'FencedOutError' });
  expect(await row()).toMatchObject({ state: 'ready', outcomePublished: true });
});

it('an end that is replaced while it is told is told again as what it is now', async () => {
  const { stage, opened, row, ends, reconcile } = await openSending(1);
  await stage.sendAll(opened);
  const confirmed = await stage.confirm(opened);
  stage.bench.clock.advance(3_600_000);
  const awaited = await stage.await(confirmed);
  ends.ends.set('execution-a', { status: 'aborted' });
  const { events } = stage.bench;
  const publish = events.publish.bind(events);
  let isFirst = true;
  events.publish = async (event) => {
    await publish(event);
    if (isFirst) {
      isFirst = false;
      await stage.record(awaited);
    }
  };
  await reconcile(statusChange('ABORTED'));
  expect(await row()).toMatchObject({ state: 'ready', outcomePublished: true });
  expect(events.outcomes.at(-1)).toMatchObject({ type: 'Transfer Ready' });
});
