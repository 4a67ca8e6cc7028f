import { describe, expect, it } from 'vitest';
import { leaseSeconds } from '#src/core/limits/limits.ts';
import { film } from '../harness/port-harness.ts';
import { runTransfer } from '../harness/run-transfer.ts';
import {
  executionId,
  openSending,
  type ReconcilerHarness,
  statusChange,
} from './reconciler-harness.ts';

const outcomesOf = ({ harness }: ReconcilerHarness) =>
  harness.doubles.events.outcomes.map(({ type, detail }) => ({ type, error: detail.error }));

const slotCount = ({ harness }: ReconcilerHarness) => harness.doubles.queue.held.size;

describe('an outdated event', () => {
  it('of a redriven execution changes nothing', async () => {
    const reconciler = await openSending();
    reconciler.executions.ends.set(executionId, { status: 'running' });
    const before = await reconciler.row();
    expect(await reconciler.reconcile(statusChange('ABORTED'))).toMatchObject({
      result: 'unchanged',
    });
    expect(await reconciler.row()).toEqual(before);
    expect(slotCount(reconciler)).toBe(1);
    expect(outcomesOf(reconciler)).toEqual([]);
  });

  it('changes nothing if another execution took the transfer over', async () => {
    const reconciler = await openSending();
    reconciler.harness.doubles.executions.states.set(executionId, 'ended');
    await reconciler.harness.open(await reconciler.harness.inspect(), {
      executionId: 'execution-b',
    });
    const before = await reconciler.row();
    expect(before).toMatchObject({ owner: 'execution-b', fence: 2 });
    await reconciler.reconcile(statusChange('ABORTED'));
    expect(await reconciler.row()).toEqual(before);
    expect(slotCount(reconciler)).toBe(1);
    expect(outcomesOf(reconciler)).toEqual([]);
  });

  it('changes nothing if another execution completed the transfer', async () => {
    const reconciler = await openSending();
    const startDate = reconciler.harness.doubles.clock.now();
    reconciler.harness.doubles.executions.states.set(executionId, 'ended');
    await runTransfer(reconciler.harness.doubles, film, { executionId: 'execution-b' });
    expect(await reconciler.reconcile(statusChange('ABORTED', { startDate }))).toMatchObject({
      result: 'unchanged',
    });
    expect(await reconciler.row()).toMatchObject({ state: 'ready' });
    expect(outcomesOf(reconciler)).toEqual([{ type: 'Transfer Ready' }]);
  });

  it('changes nothing while an earlier execution owns the transfer', async () => {
    const reconciler = await openSending();
    reconciler.harness.doubles.clock.advance(60_000);
    const startDate = reconciler.harness.doubles.clock.now();
    await reconciler.harness.doubles.store.recordExecution(
      'execution-b',
      reconciler.opened.transferId,
    );
    const event = statusChange('ABORTED', { startDate }, 'execution-b');
    expect(await reconciler.reconcile(event)).toMatchObject({ result: 'unchanged' });
    expect(await reconciler.row()).toMatchObject({ state: 'active', owner: executionId });
  });

  it('changes nothing while a redriven execution owns the transfer', async () => {
    const reconciler = await openSending();
    reconciler.harness.doubles.clock.advance((leaseSeconds + 60) * 1000);
    reconciler.executions.ends.set(executionId, { status: 'running' });
    await reconciler.harness.doubles.store.recordExecution(
      'execution-b',
      reconciler.opened.transferId,
    );
    const event = statusChange('ABORTED', {}, 'execution-b');
    expect(await reconciler.reconcile(event)).toMatchObject({ result: 'unchanged' });
    expect(outcomesOf(reconciler)).toEqual([]);
  });

  it('preserves the slot of an execution that takes over between two writes', async () => {
    const reconciler = await openSending();
    const { store } = reconciler.ports;
    reconciler.harness.doubles.executions.states.set(executionId, 'ended');
    const inspected = await reconciler.harness.inspect();
    const patchTransfer: typeof store.patchTransfer = async (...args) => {
      const held = await store.patchTransfer(...args);
      await reconciler.harness.open(inspected, { executionId: 'execution-b' });
      return held;
    };
    reconciler.ports = { ...reconciler.ports, store: { ...store, patchTransfer } };
    await reconciler.reconcile(statusChange('ABORTED'));
    expect(await reconciler.row()).toMatchObject({ state: 'active', owner: 'execution-b' });
    expect(slotCount(reconciler)).toBe(1);
  });

  it('changes nothing if a late step recorded the outcome meanwhile', async () => {
    const reconciler = await openSending();
    const { store } = reconciler.ports;
    const outcome = { status: 'ready' };
    const sessions: typeof store.sessions = async (id) => {
      await store.patchTransfer(id, 1, { state: 'ready', outcome, outcomePublished: true }, 1);
      return store.sessions(id);
    };
    reconciler.ports = { ...reconciler.ports, store: { ...store, sessions } };
    await reconciler.reconcile(statusChange('ABORTED'));
    expect(await reconciler.row()).toMatchObject({ state: 'ready', outcome });
  });
});
