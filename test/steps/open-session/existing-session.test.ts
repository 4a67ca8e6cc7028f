import { describe, expect, it } from 'vitest';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { maxSessionsPerExecution } from '#src/core/limits/limits.ts';
import type { TransferStore } from '#src/core/transfer/transfer-store.ts';
import { itemOf, type Planned, StepHarness } from '../../harness/step-harness.ts';

describe('an existing session', () => {
  it('is used if the service still accepts chunks for it', async () => {
    const harness = await StepHarness.create();
    harness.tune({ chunksInFlight: 1, mapConcurrency: 3 });
    const opened = await harness.openTransfer(120);
    await harness.send(itemOf(opened, 1));
    harness.doubles.executions.states.set('execution-a', 'ended');
    const taken = await harness.open(await harness.inspect(), { executionId: 'execution-b' });
    expect(taken).toMatchObject({ sessionNumber: 1, ranges: [{ n: 2 }, { n: 3 }] });
    expect(harness.doubles.calls.opened).toBe(1);
  });

  it('is replaced once it has expired, and none of its chunks counts', async () => {
    const harness = await StepHarness.create();
    const opened = await harness.openTransfer(3);
    await harness.send({ ...itemOf(opened), range: { n: 1, first: 1, last: 2 } });
    harness.service.forgetSessions();
    const again = (await harness.open({ ...opened, next: 'expired' })) as Planned;
    expect(again).toMatchObject({ next: 'send', sessionNumber: 2, ranges: [{ n: 1 }] });
    const sessions = await harness.doubles.store.sessions(opened.transferId);
    expect(sessions.map(({ state }) => state)).toEqual(['replaced', 'open']);
    expect((await harness.row(opened)).retries).toEqual({ SessionExpiredError: 1 });
  });

  it('is replaced by one of two concurrent calls: the slower call creates nothing', async () => {
    const harness = await StepHarness.create();
    const opened = await harness.openTransfer(3);
    harness.service.forgetSessions();
    const expired = { ...opened, next: 'expired' };
    const { ports } = harness;
    const addSession: TransferStore['addSession'] = async (...args) => {
      harness.ports = ports;
      await harness.open(expired, { invocationId: 'faster' });
      return ports.store.addSession(...args);
    };
    harness.ports = { ...ports, store: { ...ports.store, addSession } };
    await expect(harness.open(expired, { invocationId: 'slower' })).rejects.toMatchObject({
      name: 'RowContendedError',
      message: `another call of this step opened session 2 of transfer ${opened.transferId}`,
    });
    expect(harness.doubles.calls.opened).toBe(2);
    expect(await harness.row(opened)).toMatchObject({ sessionNumber: 2 });
    const sessions = await harness.doubles.store.sessions(opened.transferId);
    expect(sessions.map(({ state }) => state)).toEqual(['replaced', 'open', 'rejected']);
  });

  it('is not given up by an execution that lost the transfer', async () => {
    const harness = await StepHarness.create();
    const opened = await harness.openTransfer(3);
    const { ports } = harness;
    const held = Promise.withResolvers<void>();
    harness.override({
      sessionStatus: async () => {
        await held.promise;
        return { phase: 'expired' };
      },
    });
    const zombie = harness.open({ ...opened, next: 'expired' });
    zombie.catch(() => {});
    await new Promise(setImmediate);
    harness.ports = ports;
    harness.doubles.executions.states.set('execution-a', 'ended');
    await harness.open(await harness.inspect(), { executionId: 'execution-b' });
    held.resolve();
    await expect(zombie).rejects.toMatchObject({ name: 'FencedOutError' });
    const [session] = await harness.doubles.store.sessions(opened.transferId);
    expect(session).toMatchObject({ number: 1, state: 'open' });
    expect(harness.doubles.calls.opened).toBe(1);
  });

  it('is checked before it is given up: it may be usable', async () => {
    const harness = await StepHarness.create();
    const opened = await harness.openTransfer(3);
    const again = await harness.open({ ...opened, next: 'expired' });
    expect(again).toMatchObject({ next: 'send', sessionNumber: 1 });
  });

  it('is checked after its expiry time', async () => {
    const harness = await StepHarness.create();
    const opened = await harness.openTransfer(3);
    harness.service.forgetSessions();
    harness.doubles.clock.advance(24 * 3600 * 1000);
    const again = await harness.open({ ...opened, next: 'missing' });
    expect(again).toMatchObject({ next: 'send', sessionNumber: 2 });
  });

  it('is checked again if the first check was throttled', async () => {
    const harness = await StepHarness.create();
    const opened = await harness.openTransfer(3);
    harness.service.forgetSessions();
    const { sessionStatus } = harness.ports.destination;
    harness.override({
      sessionStatus: () => Promise.reject(new TransferError('ThrottledError', '429')),
    });
    const waiting = await harness.open({ ...opened, next: 'expired' });
    expect(waiting).toMatchObject({ next: 'wait' });
    harness.override({ sessionStatus });
    expect(await harness.open(harness.waitFor(waiting as Planned))).toMatchObject({
      next: 'send',
      sessionNumber: 2,
    });
  });

  it('is not replaced beyond the maximum of sessions', async () => {
    const harness = await StepHarness.create();
    const opened = await harness.openTransfer(3);
    harness.service.forgetSessions();
    const spent = { ...opened, sessionsOpened: maxSessionsPerExecution, next: 'expired' };
    await expect(harness.open(spent)).rejects.toMatchObject({ name: 'SessionsExhaustedError' });
    expect(harness.doubles.calls.opened).toBe(1);
  });
});
