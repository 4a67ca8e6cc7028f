import { describe, expect, it } from 'vitest';
import { TransferError } from '#src/core/errors/errors.ts';
import {
  maxRangesPerExecution,
  maxRoundsPerExecution,
  maxSessionsPerExecution,
} from '#src/core/limits/limits.ts';
import { boundOf } from '#src/core/limits/recovery-bounds.ts';
import type { TransferStore } from '#src/core/transfer/transfer-store.ts';
import { Serial } from '../../doubles/destinations/serial.ts';
import { film, putFilm } from '../../harness/port-harness.ts';
import { chunkBytes, itemOf, type Planned, StepHarness } from '../../harness/step-harness.ts';

describe('OpenSession', () => {
  it('plans the ranges of a new session', async () => {
    const harness = await StepHarness.set();
    const opened = await harness.opened(120);
    expect(opened).toMatchObject({
      next: 'send',
      round: 1,
      planned: 3,
      sessionNumber: 1,
      ranges: [
        { n: 1, first: 1, last: 50 },
        { n: 2, first: 51, last: 100 },
        { n: 3, first: 101, last: 120 },
      ],
    });
  });

  it('skips proven ranges, and the others keep their numbers', async () => {
    const harness = await StepHarness.set();
    const opened = await harness.opened(120);
    await harness.send(itemOf(opened, 2));
    const again = (await harness.open({ ...opened, next: 'missing' })) as Planned;
    expect(again.ranges.map(({ n }) => n)).toEqual([1, 3]);
    expect(again).toMatchObject({ round: 2, planned: 5 });
  });

  it('answers "confirm" if every chunk is proven', async () => {
    const harness = await StepHarness.set();
    const opened = await harness.opened(3);
    await harness.send(itemOf(opened));
    const again = await harness.open({ ...opened, next: 'missing' });
    expect(again).toMatchObject({ next: 'confirm', ranges: [] });
  });

  it('sends the type, size, shortened name and metadata to the service', async () => {
    const harness = await StepHarness.set();
    let sent: unknown;
    const { openSession } = harness.ports.destination;
    harness.override({
      openSession: (request, call) => {
        sent = request;
        return openSession(request, call);
      },
    });
    const options = { filename: `${'x'.repeat(300)}.mp4`, userMetadata: { reel: 3 } };
    await harness.opened(2, {}, { ...film, ...options, enableHls: true });
    expect(sent).toMatchObject({
      source: { sizeBytes: 2 * chunkBytes },
      mediaType: 'video',
      filename: `${'x'.repeat(251)}.mp4`,
      userMetadata: { reel: 3 },
      enableHls: true,
    });
  });

  it.each([
    [{ chunksInFlight: 4, mapConcurrency: 8 }, 2],
    [{ chunksInFlight: 1, mapConcurrency: 8 }, 3],
    [{ chunksInFlight: 1, mapConcurrency: 2 }, 2],
    [{ chunksInFlight: 64, mapConcurrency: 40 }, 1],
  ])(
    'limits the concurrent ranges by %j and the service’s 8 chunks in flight',
    async (tuned, n) => {
      const harness = await StepHarness.set({}, tuned);
      expect((await harness.opened(150)).concurrency).toBe(n);
    },
  );

  it('sends one range after the other if the service requires order', async () => {
    const harness = await StepHarness.around((clock, options) => new Serial(clock, options));
    expect((await harness.opened(150)).concurrency).toBe(1);
  });

  it('writes the session’s row before the create request', async () => {
    const harness = await StepHarness.set();
    let before: unknown;
    const { openSession } = harness.ports.destination;
    harness.override({
      openSession: async (request, call) => {
        before = JSON.parse(harness.doubles.store.dump())[1][0][1];
        return openSession(request, call);
      },
    });
    await harness.opened(2);
    expect(before).toMatchObject({
      number: 1,
      attempt: expect.stringMatching(/^execution-a#1#/),
      state: 'opening',
    });
  });

  it('rejects a plan with more ranges than one execution can process', async () => {
    const harness = await StepHarness.set({ maxBytes: 1e12 });
    putFilm(harness.doubles, 1, { sizeBytes: 50 * 400 * chunkBytes + 1 });
    const refused = harness.open(await harness.inspect());
    await expect(refused).rejects.toMatchObject({ name: 'PlanTooLargeError' });
  });

  it.each([
    ['rounds', { round: maxRoundsPerExecution }],
    ['ranges', { planned: maxRangesPerExecution }],
  ])('fails by name after too many %s', async (_, spent) => {
    const harness = await StepHarness.set();
    const opened = await harness.opened(3);
    const refused = harness.open({ ...opened, ...spent, next: 'missing' });
    await expect(refused).rejects.toMatchObject({ name: 'RoundsExhaustedError' });
  });
});

describe('a create request whose reply is lost', () => {
  /** Calls OpenSession with a create request that takes effect without a reply. */
  async function lost() {
    const harness = await StepHarness.set();
    harness.service.faults.failCall('open', 'lost-reply');
    return { harness, waiting: await harness.opened(3) };
  }

  it('is waited out', async () => {
    const { waiting } = await lost();
    expect(waiting).toMatchObject({ next: 'wait', sessionNumber: 1, createsLost: 1 });
    expect(waiting.waitSeconds).toBeGreaterThan(0);
  });

  it('is recorded and counted, and its session is never used', async () => {
    const { harness, waiting } = await lost();
    const opened = await harness.open(harness.pause(waiting));
    expect(opened).toMatchObject({ next: 'send', sessionNumber: 2, sessionsOpened: 1 });
    const sessions = await harness.doubles.store.sessions(waiting.transferId);
    expect(sessions).toMatchObject([
      { number: 1, state: 'lost', attempt: expect.stringMatching(/^execution-a#1#/) },
      { number: 2, state: 'open', session: { uploadId: 'upload-2' } },
    ]);
    expect((await harness.row(waiting)).retries).toEqual({ CreateReplyLostError: 1 });
  });

  it('counts as lost if the call stopped before the reply', async () => {
    const harness = await StepHarness.set();
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
    const harness = await StepHarness.set();
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
    while (harness.pause(state) && harness.doubles.clock.now() < endsAt) {
      harness.service.faults.failCall('open', 'lost-reply');
      state = (await harness.open(state)) as Planned;
    }
    expect(harness.doubles.asked.opened).toBeLessThanOrEqual(8);
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
    const state = await harness.open(harness.pause(waiting));
    expect(state).toMatchObject({ next: 'wait', outage: { error: 'ServiceUnavailableError' } });
    expect(harness.doubles.asked.opened).toBe(1);
  });
});

describe('a create request that is rejected', () => {
  it('by throttling is repeated after the requested wait', async () => {
    const harness = await StepHarness.set();
    harness.service.faults.failCall('open', 'throttled');
    const waiting = await harness.opened(3);
    expect(waiting).toMatchObject({ next: 'wait', waitSeconds: 7, sessionsOpened: 0 });
    expect(await harness.open(harness.pause(waiting))).toMatchObject({
      next: 'send',
      sessionNumber: 2,
    });
    const sessions = await harness.doubles.store.sessions(waiting.transferId);
    expect(sessions.map(({ state }) => state)).toEqual(['refused', 'open']);
    expect((await harness.row(waiting)).retries).toEqual({ ThrottledError: 1 });
  });

  it('by repeated throttling fails by name after the maximum of requested waits', async () => {
    const harness = await StepHarness.set();
    harness.service.faults.failCall('open', 'throttled');
    const waiting = await harness.opened(3);
    harness.doubles.clock.advance(boundOf('namedPatience') * 1000);
    harness.service.faults.failCall('open', 'throttled');
    await expect(harness.open(waiting)).rejects.toMatchObject({ name: 'ThrottledError' });
  });

  it('is not repeated before the time that the service requested', async () => {
    const harness = await StepHarness.set();
    const error = new TransferError('ThrottledError', '429', { retryAfterSeconds: 7200 });
    const { openSession } = harness.ports.destination;
    harness.override({ openSession: () => Promise.reject(error) });
    let state = await harness.opened(3);
    const requestedAt = harness.doubles.clock.now();
    harness.override({ openSession });
    while (state.next === 'wait') state = (await harness.open(harness.pause(state))) as Planned;
    expect(harness.doubles.clock.now() - requestedAt).toBe(7_200_000);
    expect(harness.doubles.asked.opened).toBe(1);
  });

  it('waits longer each time if the service requests no time', async () => {
    const harness = await StepHarness.set();
    const throttled = () => Promise.reject(new TransferError('ThrottledError', '429'));
    harness.override({ openSession: throttled });
    const waits: number[] = [];
    let state = await harness.opened(3);
    for (let i = 0; i < 20; i++) {
      waits.push(state.waitSeconds);
      state = (await harness.open(harness.pause(state))) as Planned;
    }
    expect(waits.slice(0, 4)).toEqual([2, 3, 5, 7]);
    expect(Math.max(...waits)).toBe(300);
  });

  it.each(['RequestRejectedError', 'CredentialsRejectedError', 'ApiNotAllowedError'] as const)(
    'by %s ends the execution with that name and creates nothing',
    async (name) => {
      const harness = await StepHarness.set();
      harness.override({ openSession: () => Promise.reject(new TransferError(name, 'no')) });
      await expect(harness.opened(3)).rejects.toMatchObject({ name });
      const [, [[, session]]] = JSON.parse(harness.doubles.store.dump());
      expect(session).toMatchObject({ number: 1, state: 'refused' });
    },
  );
});

describe('an existing session', () => {
  it('is used if the service still accepts chunks for it', async () => {
    const harness = await StepHarness.set();
    const opened = await harness.opened(120);
    await harness.send(itemOf(opened, 1));
    harness.doubles.executions.states.set('execution-a', 'ended');
    const taken = await harness.open(await harness.inspect(), { executionId: 'execution-b' });
    expect(taken).toMatchObject({ sessionNumber: 1, ranges: [{ n: 2 }, { n: 3 }] });
    expect(harness.doubles.asked.opened).toBe(1);
  });

  it('is replaced once it has expired, and none of its chunks counts', async () => {
    const harness = await StepHarness.set();
    const opened = await harness.opened(3);
    await harness.send(itemOf(opened));
    harness.service.forgetSessions();
    const again = (await harness.open({ ...opened, next: 'expired' })) as Planned;
    expect(again).toMatchObject({ next: 'send', sessionNumber: 2, ranges: [{ n: 1 }] });
    const sessions = await harness.doubles.store.sessions(opened.transferId);
    expect(sessions.map(({ state }) => state)).toEqual(['replaced', 'open']);
    expect((await harness.row(opened)).retries).toEqual({ SessionExpiredError: 1 });
  });

  it('is replaced by one of two concurrent calls: the slower call creates nothing', async () => {
    const harness = await StepHarness.set();
    const opened = await harness.opened(3);
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
      name: 'TableUnavailableError',
      message: `another call of this step opened session 2 of transfer ${opened.transferId}`,
    });
    expect(harness.doubles.asked.opened).toBe(2);
    expect(await harness.row(opened)).toMatchObject({ sessionNumber: 2 });
    const sessions = await harness.doubles.store.sessions(opened.transferId);
    expect(sessions.map(({ state }) => state)).toEqual(['replaced', 'open', 'refused']);
  });

  it('is not given up by an execution that lost the transfer', async () => {
    const harness = await StepHarness.set();
    const opened = await harness.opened(3);
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
    expect(harness.doubles.asked.opened).toBe(1);
  });

  it('is checked before it is given up: it may be usable', async () => {
    const harness = await StepHarness.set();
    const opened = await harness.opened(3);
    const again = await harness.open({ ...opened, next: 'expired' });
    expect(again).toMatchObject({ next: 'send', sessionNumber: 1 });
  });

  it('is checked after its expiry time', async () => {
    const harness = await StepHarness.set();
    const opened = await harness.opened(3);
    harness.service.forgetSessions();
    harness.doubles.clock.advance(24 * 3600 * 1000);
    const again = await harness.open({ ...opened, next: 'missing' });
    expect(again).toMatchObject({ next: 'send', sessionNumber: 2 });
  });

  it('is checked again if the first check was throttled', async () => {
    const harness = await StepHarness.set();
    const opened = await harness.opened(3);
    harness.service.forgetSessions();
    const { sessionStatus } = harness.ports.destination;
    harness.override({
      sessionStatus: () => Promise.reject(new TransferError('ThrottledError', '429')),
    });
    const waiting = await harness.open({ ...opened, next: 'expired' });
    expect(waiting).toMatchObject({ next: 'wait' });
    harness.override({ sessionStatus });
    expect(await harness.open(harness.pause(waiting as Planned))).toMatchObject({
      next: 'send',
      sessionNumber: 2,
    });
  });

  it('is not replaced beyond the maximum of sessions', async () => {
    const harness = await StepHarness.set();
    const opened = await harness.opened(3);
    harness.service.forgetSessions();
    const spent = { ...opened, sessionsOpened: maxSessionsPerExecution, next: 'expired' };
    await expect(harness.open(spent)).rejects.toMatchObject({ name: 'SessionsExhaustedError' });
    expect(harness.doubles.asked.opened).toBe(1);
  });
});
