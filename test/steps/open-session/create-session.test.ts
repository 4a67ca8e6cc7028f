import { describe, expect, it } from 'vitest';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { boundOf } from '#src/core/limits/retry-bounds.ts';
import { sessionRecord } from '../../aws/dynamodb/table-fixture.ts';
import { putFilm } from '../../harness/port-harness.ts';
import { type Planned, StepHarness } from '../../harness/step-harness.ts';

describe('a create request whose reply is lost', () => {
  /** Calls OpenSession with a create request that takes effect without a reply. */
  async function lost() {
    const harness = await StepHarness.create();
    harness.service.faults.failCall('open', 'lost-reply');
    return { harness, waiting: await harness.openTransfer(3) };
  }

  it('is waited out', async () => {
    const { waiting } = await lost();
    expect(waiting).toMatchObject({ next: 'wait', sessionNumber: 1, createsLost: 1 });
    expect(waiting.waitSeconds).toBeGreaterThan(0);
  });

  it('is recorded and counted, and its session is never used', async () => {
    const { harness, waiting } = await lost();
    const opened = await harness.open(harness.waitFor(waiting));
    expect(opened).toMatchObject({ next: 'send', sessionNumber: 2, sessionsOpened: 1 });
    const sessions = await harness.doubles.store.sessions(waiting.transferId);
    expect(sessions).toMatchObject([
      { number: 1, state: 'lost', attemptId: expect.stringMatching(/^execution-a#1#/) },
      { number: 2, state: 'open', session: { uploadId: 'upload-2' } },
    ]);
    expect((await harness.row(waiting)).retries).toEqual({ CreateReplyLostError: 1 });
  });

  it('counts as lost if the call stopped before the reply', async () => {
    const harness = await StepHarness.create();
    putFilm(harness.doubles, 3000);
    const inspected = await harness.inspect();
    const { openSession } = harness.ports.destination;
    harness.override({
      openSession: async (...args) => {
        await openSession(...args);
        throw new Error('the sandbox is gone');
      },
    });
    await expect(harness.open(inspected)).rejects.toThrow('the sandbox is gone');
    harness.override({ openSession });
    const opened = (await harness.open(inspected)) as Planned;
    const sessions = await harness.doubles.store.sessions(opened.transferId);
    expect(sessions.map(({ state }) => state)).toEqual(['lost', 'open']);
    expect((await harness.row(opened)).retries).toEqual({ CreateReplyLostError: 1 });
  });

  it('counts as lost if the reply could not be stored', async () => {
    const harness = await StepHarness.create();
    putFilm(harness.doubles, 3000);
    const inspected = await harness.inspect();
    harness.doubles.store.failNext('setSession');
    await expect(harness.open(inspected)).rejects.toMatchObject({ name: 'TableUnavailableError' });
    const opened = (await harness.open(inspected)) as Planned;
    const sessions = await harness.doubles.store.sessions(opened.transferId);
    expect(sessions.map(({ state }) => state)).toEqual(['lost', 'open']);
  });

  it('causes few further sessions in an hour of lost replies, then continues', async () => {
    const { harness, waiting } = await lost();
    let state = waiting;
    const endsAt = harness.doubles.clock.now() + 3_600_000;
    while (harness.waitFor(state) && harness.doubles.clock.now() < endsAt) {
      harness.service.faults.failCall('open', 'lost-reply');
      state = (await harness.open(state)) as Planned;
    }
    expect(harness.doubles.calls.opened).toBeLessThanOrEqual(8);
    expect(await harness.open(state)).not.toHaveProperty('outage');
  });

  it('fails with that error after the maximum wait', async () => {
    const { harness, waiting } = await lost();
    harness.doubles.clock.advance(boundOf('patience') * 1000);
    harness.service.faults.failCall('open', 'lost-reply');
    await expect(harness.open(waiting)).rejects.toMatchObject({ name: 'CreateReplyLostError' });
  });

  it('requests no other session while the list of sessions cannot be read', async () => {
    const { harness, waiting } = await lost();
    const error = new TransferError('ServiceUnavailableError', '502');
    harness.override({ listUnfinished: () => Promise.reject(error) });
    const state = await harness.open(harness.waitFor(waiting));
    expect(state).toMatchObject({ next: 'wait', outage: { error: 'ServiceUnavailableError' } });
    expect(harness.doubles.calls.opened).toBe(1);
  });
});

describe('a create request that is rejected', () => {
  it('by throttling is repeated after the requested wait', async () => {
    const harness = await StepHarness.create();
    harness.service.faults.failCall('open', 'throttled');
    const waiting = await harness.openTransfer(3);
    expect(waiting).toMatchObject({ next: 'wait', waitSeconds: 7, sessionsOpened: 0 });
    expect(await harness.open(harness.waitFor(waiting))).toMatchObject({
      next: 'send',
      sessionNumber: 2,
    });
    const sessions = await harness.doubles.store.sessions(waiting.transferId);
    expect(sessions.map(({ state }) => state)).toEqual(['rejected', 'open']);
    expect((await harness.row(waiting)).retries).toEqual({ ThrottledError: 1 });
  });

  it('by repeated throttling fails by name after the maximum of requested waits', async () => {
    const harness = await StepHarness.create();
    harness.service.faults.failCall('open', 'throttled');
    const waiting = await harness.openTransfer(3);
    harness.doubles.clock.advance(boundOf('patienceWithRetryAfter') * 1000);
    harness.service.faults.failCall('open', 'throttled');
    await expect(harness.open(waiting)).rejects.toMatchObject({
      name: 'OutageTooLongError',
      message: expect.stringContaining('ThrottledError for 2880 minutes'),
    });
  });

  it('is not repeated before the time that the service requested', async () => {
    const harness = await StepHarness.create();
    const error = new TransferError('ThrottledError', '429', { retryAfterSeconds: 7200 });
    const { openSession } = harness.ports.destination;
    harness.override({ openSession: () => Promise.reject(error) });
    let state = await harness.openTransfer(3);
    const requestedAt = harness.doubles.clock.now();
    harness.override({ openSession });
    while (state.next === 'wait') state = (await harness.open(harness.waitFor(state))) as Planned;
    expect(harness.doubles.clock.now() - requestedAt).toBe(7_200_000);
    expect(harness.doubles.calls.opened).toBe(1);
  });

  it('waits longer each time if the service requests no time', async () => {
    const harness = await StepHarness.create();
    const throttled = () => Promise.reject(new TransferError('ThrottledError', '429'));
    harness.override({ openSession: throttled });
    const waits: number[] = [];
    let state = await harness.openTransfer(3);
    for (let i = 0; i < 20; i++) {
      waits.push(state.waitSeconds);
      state = (await harness.open(harness.waitFor(state))) as Planned;
    }
    expect(waits.slice(0, 4)).toEqual([2, 3, 5, 7]);
    expect(Math.max(...waits)).toBe(300);
  });

  it.each(['RequestRejectedError', 'CredentialsRejectedError', 'ApiNotAllowedError'] as const)(
    'by %s ends the execution with that name and creates nothing',
    async (name) => {
      const harness = await StepHarness.create();
      harness.override({ openSession: () => Promise.reject(new TransferError(name, 'no')) });
      await expect(harness.openTransfer(3)).rejects.toMatchObject({ name });
      const [, [[, session]]] = JSON.parse(harness.doubles.store.dump());
      expect(session).toMatchObject({ number: 1, state: 'rejected' });
    },
  );
});

it('the unfinished sessions are listed before another session is opened after a dead call', async () => {
  const harness = await StepHarness.create();
  const opened = await harness.openTransfer(3);
  const { store } = harness.doubles;
  const record = sessionRecord({ number: 2, attemptId: 'dead' });
  await store.addSession(opened.transferId, record);
  await store.patchTransfer(opened.transferId, opened.fence, { sessionNumber: 2 }, 0);
  let lists = 0;
  harness.override({
    listUnfinished: async () => {
      lists++;
      return { sessions: [], truncated: false };
    },
  });
  const next = await harness.open({ ...opened, sessionNumber: 2, next: 'missing' });
  expect(next).toMatchObject({ sessionNumber: 3, createsLost: 1 });
  expect(lists).toBe(1);
});
