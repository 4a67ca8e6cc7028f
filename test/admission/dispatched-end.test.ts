import { describe, expect, it } from 'vitest';
import { runCommand } from '#src/admission/commands.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { film, putFilm } from '../harness/port-harness.ts';
import { StepHarness } from '../harness/step-harness.ts';
import { openReconciler, statusChange } from '../reconciler/reconciler-harness.ts';

const [a, b] = ['execution-a', 'execution-b'];
const rejected = new TransferError('RequestRejectedError', 'the service rejected the session');
const caught = { Error: rejected.name, Cause: rejected.message };

/** Queues a transfer by execution a. Returns the state of the dispatched execution b. */
async function openQueued() {
  const harness = await StepHarness.create();
  putFilm(harness.doubles, 3000);
  await harness.ports.queue.setPause({ since: 0, underWay: 'finish' });
  const opened = await harness.open(await harness.inspect(), { executionId: a });
  const { transferId } = (opened as { ending: { transferId: string } } & typeof opened).ending;
  await harness.ports.queue.setPause(undefined);
  const state = { dispatched: { transferId, fence: 1 }, ...film };
  const row = () => harness.row({ transferId });
  return { harness, transferId, state, row };
}

describe('a dispatched execution', () => {
  it('fails its transfer if opening the session fails', async () => {
    const { harness, state, row } = await openQueued();
    harness.override({ openSession: async () => Promise.reject(rejected) });
    await expect(harness.open(state, { executionId: b })).rejects.toMatchObject({
      name: rejected.name,
    });
    await harness.record({ ...state, errorIn: { AwaitAsset: caught } }, { executionId: b });
    expect(await row()).toMatchObject({ state: 'failed', outcome: { error: rejected.name } });
  });

  it('fails its transfer by name if the destination has changed, and a new start moves the object', async () => {
    const { harness, state, row } = await openQueued();
    harness.override({ identity: 'another' });
    const name = 'DestinationChangedError';
    await expect(harness.open(state, { executionId: b })).rejects.toMatchObject({ name });
    const error = { Error: name, Cause: 'it was queued for another one' };
    await harness.record({ ...state, errorIn: { OpenSession: error } }, { executionId: b });
    expect(await row()).toMatchObject({ state: 'failed', outcome: { error: name } });
    expect(await harness.ports.queue.slots(10)).toEqual([]);
    const opened = await harness.open(await harness.inspect(), { executionId: 'execution-c' });
    expect(opened).toMatchObject({ next: 'send' });
    expect((await harness.row(opened)).destination).toBe('another');
  });

  it('releases its slot if opening the session fails', async () => {
    const { harness, state } = await openQueued();
    harness.override({ openSession: async () => Promise.reject(rejected) });
    await expect(harness.open(state, { executionId: b })).rejects.toThrow();
    await harness.record({ ...state, errorIn: { AwaitAsset: caught } }, { executionId: b });
    expect(await harness.ports.queue.slots(10)).toEqual([]);
  });

  it('leaves the transfer queued if it fails before it takes it', async () => {
    const { harness, state, row } = await openQueued();
    const recorded = await harness.record(
      { ...state, errorIn: { AwaitAsset: caught } },
      { executionId: b },
    );
    expect(recorded).toMatchObject({ next: 'fail', error: rejected.name });
    expect(await row()).toMatchObject({ state: 'queued' });
    expect(harness.doubles.events.outcomes).toEqual([]);
  });

  it('succeeds and releases its slot if the transfer is cancelled meanwhile', async () => {
    const { harness, state, transferId } = await openQueued();
    const { store } = harness.ports;
    const addSession: typeof store.addSession = async (...args) => {
      await runCommand(harness.ports, { command: 'cancel', transferId });
      return store.addSession(...args);
    };
    harness.ports = { ...harness.ports, store: { ...store, addSession } };
    const opening = harness.open(state, { executionId: b });
    await expect(opening).rejects.toMatchObject({ name: 'TransferCancelledError' });
    const error = { Error: 'TransferCancelledError', Cause: '' };
    const recorded = await harness.record(
      { ...state, errorIn: { OpenSession: error } },
      { executionId: b },
    );
    expect(recorded).toMatchObject({ next: 'succeed', output: { status: 'cancelled' } });
    expect(await harness.ports.queue.slots(10)).toEqual([]);
  });

  it('is not reported as a cancelled start if it was stopped before it took the transfer', async () => {
    const reconciler = await openReconciler();
    reconciler.executions.ends.set(b, { status: 'aborted' });
    const input = JSON.stringify({ dispatched: { transferId: 'none', fence: 1 }, ...film });
    expect(await reconciler.reconcile(statusChange('ABORTED', { input }, b))).toMatchObject({
      result: 'unchanged',
    });
  });
});

describe('a start by hand', () => {
  it('does not take the transfer if it began before the cancellation', async () => {
    const { harness, transferId } = await openQueued();
    const startedAt = harness.doubles.clock.now();
    harness.doubles.clock.advance(1_000);
    await runCommand(harness.ports, { command: 'cancel', transferId });
    const call = { executionId: b, executionStartedAt: startedAt };
    const opened = await harness.open(await harness.inspect(film, call), call);
    expect(opened).toMatchObject({ ending: { status: 'cancelled', transferId } });
  });

  it('takes the transfer if it began after the cancellation', async () => {
    const { harness, transferId } = await openQueued();
    await runCommand(harness.ports, { command: 'cancel', transferId });
    harness.doubles.clock.advance(1_000);
    const call = { executionId: b, executionStartedAt: harness.doubles.clock.now() };
    const opened = await harness.open(await harness.inspect(film, call), call);
    expect(opened).toMatchObject({ next: 'send', transferId });
  });
});
