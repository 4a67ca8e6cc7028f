import { describe, expect, it } from 'vitest';
import type { Planned } from '../harness/step-harness.ts';
import { itemOf } from '../harness/step-harness.ts';
import { openSending, statusChange } from './reconciler-harness.ts';

/** Opens a transfer whose execution was aborted and which the reconciler closed. */
async function openClosed() {
  const reconciler = await openSending(3);
  reconciler.executions.ends.set('execution-a', { status: 'aborted' });
  await reconciler.reconcile(statusChange('ABORTED'));
  const types = () => reconciler.harness.doubles.events.outcomes.map(({ type }) => type);
  return { ...reconciler, types };
}

describe('a redriven execution of a closed transfer', () => {
  it('sends nothing without a slot, and continues after it acquires a slot', async () => {
    const { harness, opened, row } = await openClosed();
    expect(await harness.send(itemOf(opened))).toMatchObject({ next: 'stop' });
    expect(await harness.service.assetIds()).toEqual([]);
    const confirmed = await harness.confirm(opened);
    const again = (await harness.open(confirmed)) as Planned;
    expect(again).toMatchObject({ next: 'send', sessionNumber: 1 });
    expect(await row()).toMatchObject({ state: 'active', outcomePublished: false });
  });

  it('publishes its success after the earlier failure', async () => {
    const { harness, opened, row, types } = await openClosed();
    const again = (await harness.open({ ...opened, next: 'missing' })) as Planned;
    await harness.sendAll(again);
    const awaited = await harness.await(await harness.confirm(again));
    harness.doubles.clock.advance(3_600_000);
    await harness.record(awaited.next === 'ended' ? awaited : await harness.await(awaited));
    expect(await row()).toMatchObject({ state: 'ready', outcomePublished: true });
    expect(types()).toEqual(['Transfer Cancelled', 'Transfer Ready']);
  });

  it('publishes its success from its last state, with nothing left to send', async () => {
    const reconciler = await openSending(1);
    const { harness, opened } = reconciler;
    await harness.sendAll(opened);
    const confirmed = await harness.confirm(opened);
    reconciler.executions.ends.set('execution-a', { status: 'timed-out' });
    await reconciler.reconcile(statusChange('TIMED_OUT'));
    harness.doubles.clock.advance(3_600_000);
    const ended = await harness.await(confirmed);
    expect(await harness.record(ended)).toMatchObject({ next: 'succeed' });
    const published = harness.doubles.events.outcomes.map(({ type }) => type);
    expect(published).toEqual(['Transfer Failed', 'Transfer Ready']);
  });
});

it('the failure of a redriven execution is published after the cancellation', async () => {
  const reconciler = await openSending(1);
  const { harness, opened, row } = reconciler;
  await harness.sendAll(opened);
  const confirmed = await harness.confirm(opened);
  reconciler.executions.ends.set('execution-a', { status: 'aborted' });
  await reconciler.reconcile(statusChange('ABORTED'));
  await harness.record({
    ...confirmed,
    errorIn: { AwaitAsset: { Error: 'AssetFailedError', Cause: 'no video' } },
  });
  const published = harness.doubles.events.outcomes.map(
    ({ detail }) => detail.error ?? detail.status,
  );
  expect(published).toEqual(['cancelled', 'AssetFailedError']);
  expect(await row()).toMatchObject({
    outcomePublished: true,
    outcome: { error: 'AssetFailedError' },
  });
});

it('a late second call of OpenSession does not undo a success', async () => {
  const { harness, opened, row } = await openSending(1);
  await harness.sendAll(opened);
  const confirmed = await harness.confirm(opened);
  harness.doubles.clock.advance(3_600_000);
  await harness.record(await harness.await(confirmed));
  await expect(harness.open(opened)).rejects.toMatchObject({ name: 'FencedOutError' });
  expect(await row()).toMatchObject({ state: 'ready', outcomePublished: true });
});

it('an outcome that is replaced while it is published is published again', async () => {
  const { harness, opened, row, executions, reconcile } = await openSending(1);
  await harness.sendAll(opened);
  const confirmed = await harness.confirm(opened);
  harness.doubles.clock.advance(3_600_000);
  const awaited = await harness.await(confirmed);
  executions.ends.set('execution-a', { status: 'aborted' });
  const { events } = harness.doubles;
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
