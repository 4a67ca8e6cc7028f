import { describe, expect, it } from 'vitest';
import { TransferError } from '#src/core/errors/errors.ts';
import { runCommand } from '#src/queue/commands.ts';
import { film, putFilm } from '../conformance/bench.ts';
import { StepHarness } from '../harness/step-harness.ts';
import { openSettleStage, statusChange } from './settle-stage.ts';

const [a, b] = ['execution-a', 'execution-b'];
const refused = new TransferError('RequestRejectedError', 'the service refused the session');
const caught = { Error: refused.name, Cause: refused.message };

/** A transfer that execution a queued, and the state of execution b that was dispatched for it. */
async function queued() {
  const harness = await StepHarness.set();
  putFilm(harness.bench, 3000);
  await harness.ports.queue.setPause({ since: 0, underWay: 'finish' });
  const opened = await harness.open(await harness.inspect(), { executionId: a });
  const { transferId } = (opened as { ending: { transferId: string } } & typeof opened).ending;
  await harness.ports.queue.setPause(undefined);
  const state = { dispatched: { transferId, fence: 1 }, ...film };
  const row = () => harness.row({ transferId });
  return { harness, transferId, state, row };
}

describe('a dispatched execution', () => {
  it('that fails as it opens the session fails the transfer that it took', async () => {
    const { harness, state, row } = await queued();
    harness.override({ openSession: async () => Promise.reject(refused) });
    await expect(harness.open(state, { executionId: b })).rejects.toMatchObject({
      name: refused.name,
    });
    await harness.record({ ...state, error: caught }, { executionId: b });
    expect(await row()).toMatchObject({ state: 'failed', outcome: { error: refused.name } });
  });

  it('that fails as it opens the session frees the slot', async () => {
    const { harness, state } = await queued();
    harness.override({ openSession: async () => Promise.reject(refused) });
    await expect(harness.open(state, { executionId: b })).rejects.toThrow();
    await harness.record({ ...state, error: caught }, { executionId: b });
    expect(await harness.ports.queue.slots(10)).toEqual([]);
  });

  it('that fails before it takes the transfer leaves it queued and reports no failure', async () => {
    const { harness, state, row } = await queued();
    const recorded = await harness.record({ ...state, error: caught }, { executionId: b });
    expect(recorded).toMatchObject({ next: 'fail', error: refused.name });
    expect(await row()).toMatchObject({ state: 'queued' });
    expect(harness.bench.events.outcomes).toEqual([]);
  });

  it('that is cancelled while it takes its slot ends well and frees the slot', async () => {
    const { harness, state, transferId } = await queued();
    const { store } = harness.ports;
    const addSession: typeof store.addSession = async (...given) => {
      await runCommand(harness.ports, { command: 'cancel', transferId });
      return store.addSession(...given);
    };
    harness.ports = { ...harness.ports, store: { ...store, addSession } };
    const opening = harness.open(state, { executionId: b });
    await expect(opening).rejects.toMatchObject({ name: 'TransferCancelledError' });
    const error = { Error: 'TransferCancelledError', Cause: '' };
    const recorded = await harness.record({ ...state, error }, { executionId: b });
    expect(recorded).toMatchObject({ next: 'succeed', output: { status: 'cancelled' } });
    expect(await harness.ports.queue.slots(10)).toEqual([]);
  });

  it('that was stopped before it took the transfer is no start that was cancelled', async () => {
    const settle = await openSettleStage();
    settle.ends.ends.set(b, { status: 'aborted' });
    const input = JSON.stringify({ dispatched: { transferId: 'none', fence: 1 }, ...film });
    expect(await settle.reconcile(statusChange('ABORTED', { input }, b))).toMatchObject({
      became: 'left',
    });
  });
});

describe('a start by hand', () => {
  it('that began before the cancel does not take the transfer', async () => {
    const { harness, transferId } = await queued();
    const startedAt = harness.bench.clock.now();
    harness.bench.clock.advance(1_000);
    await runCommand(harness.ports, { command: 'cancel', transferId });
    const given = { executionId: b, executionStartedAt: startedAt };
    const opened = await harness.open(await harness.inspect(film, given), given);
    expect(opened).toMatchObject({ ending: { status: 'cancelled', transferId } });
  });

  it('that began after the cancel takes the transfer', async () => {
    const { harness, transferId } = await queued();
    await runCommand(harness.ports, { command: 'cancel', transferId });
    harness.bench.clock.advance(1_000);
    const given = { executionId: b, executionStartedAt: harness.bench.clock.now() };
    const opened = await harness.open(await harness.inspect(film, given), given);
    expect(opened).toMatchObject({ next: 'send', transferId });
  });
});
