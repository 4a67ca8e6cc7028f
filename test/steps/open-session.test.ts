import { describe, expect, it } from 'vitest';
import { TransferError } from '#src/core/errors/errors.ts';
import {
  maxRangesPerExecution,
  maxRoundsPerExecution,
  maxSessionsPerExecution,
} from '#src/core/limits/limits.ts';
import { boundOf } from '#src/core/limits/recovery-bounds.ts';
import type { TransferStore } from '#src/core/transfer/transfer-store.ts';
import { film, putFilm } from '../conformance/bench.ts';
import { Serial } from '../doubles/destinations/serial.ts';
import { chunkBytes, itemOf, type Planned, Stage } from './stage.ts';

describe('OpenSession', () => {
  it('plans the ranges of a new session', async () => {
    const stage = await Stage.set();
    const opened = await stage.opened(120);
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

  it('leaves out the ranges that are proven, and keeps the numbers of the others', async () => {
    const stage = await Stage.set();
    const opened = await stage.opened(120);
    await stage.send(itemOf(opened, 2));
    const again = (await stage.open({ ...opened, next: 'missing' })) as Planned;
    expect(again.ranges.map(({ n }) => n)).toEqual([1, 3]);
    expect(again).toMatchObject({ round: 2, planned: 5 });
  });

  it('goes straight to the look when every chunk is proven', async () => {
    const stage = await Stage.set();
    const opened = await stage.opened(3);
    await stage.send(itemOf(opened));
    const again = await stage.open({ ...opened, next: 'missing' });
    expect(again).toMatchObject({ next: 'confirm', ranges: [] });
  });

  it('tells the service type, size, shaped name and metadata', async () => {
    const stage = await Stage.set();
    let asked: unknown;
    const { openSession } = stage.ports.destination;
    stage.override({
      openSession: (request, call) => {
        asked = request;
        return openSession(request, call);
      },
    });
    const options = { filename: `${'x'.repeat(300)}.mp4`, userMetadata: { reel: 3 } };
    await stage.opened(2, {}, { ...film, ...options, enableHls: true });
    expect(asked).toMatchObject({
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
    'lets no more ranges go at once than %j and the service’s 8 chunks allow',
    async (tuned, n) => {
      const stage = await Stage.set({}, tuned);
      expect((await stage.opened(150)).concurrency).toBe(n);
    },
  );

  it('lets one range go after the other where the service wants order', async () => {
    const stage = await Stage.around((clock, options) => new Serial(clock, options));
    expect((await stage.opened(150)).concurrency).toBe(1);
  });

  it('writes the session’s row before it asks for one', async () => {
    const stage = await Stage.set();
    let before: unknown;
    const { openSession } = stage.ports.destination;
    stage.override({
      openSession: async (request, call) => {
        before = JSON.parse(stage.bench.store.dump())[1][0][1];
        return openSession(request, call);
      },
    });
    await stage.opened(2);
    expect(before).toMatchObject({
      number: 1,
      attempt: expect.stringMatching(/^execution-a#1#/),
      state: 'opening',
    });
  });

  it('refuses a plan of more ranges than one execution can hold', async () => {
    const stage = await Stage.set({ maxBytes: 1e12 });
    putFilm(stage.bench, 1, { sizeBytes: 50 * 400 * chunkBytes + 1 });
    const refused = stage.open(await stage.inspect());
    await expect(refused).rejects.toMatchObject({ name: 'PlanTooLargeError' });
  });

  it.each([
    ['rounds', { round: maxRoundsPerExecution }],
    ['ranges', { planned: maxRangesPerExecution }],
  ])('ends by name after too many %s', async (_, spent) => {
    const stage = await Stage.set();
    const opened = await stage.opened(3);
    const refused = stage.open({ ...opened, ...spent, next: 'missing' });
    await expect(refused).rejects.toMatchObject({ name: 'RoundsExhaustedError' });
  });
});

describe('a create whose reply is lost', () => {
  /** OpenSession after a create that took effect without an answer. */
  async function lost() {
    const stage = await Stage.set();
    stage.service.faults.befallCall('open', 'lost-reply');
    return { stage, waiting: await stage.opened(3) };
  }

  it('is waited out', async () => {
    const { waiting } = await lost();
    expect(waiting).toMatchObject({ next: 'wait', sessionNumber: 1, createsLost: 1 });
    expect(waiting.waitSeconds).toBeGreaterThan(0);
  });

  it('is attributed, counted and never adopted', async () => {
    const { stage, waiting } = await lost();
    const opened = await stage.open(stage.pause(waiting));
    expect(opened).toMatchObject({ next: 'send', sessionNumber: 2, sessionsOpened: 1 });
    const sessions = await stage.bench.store.sessions(waiting.transferId);
    expect(sessions).toMatchObject([
      { number: 1, state: 'lost', attempt: expect.stringMatching(/^execution-a#1#/) },
      { number: 2, state: 'open', session: { uploadId: 'upload-2' } },
    ]);
    expect((await stage.row(waiting)).retries).toEqual({ CreateReplyLostError: 1 });
  });

  it('counts as lost when the caller died over it', async () => {
    const stage = await Stage.set();
    putFilm(stage.bench, 3000);
    const inspected = await stage.inspect();
    const { openSession } = stage.ports.destination;
    stage.override({
      openSession: async (...given) => {
        await openSession(...given);
        throw new Error('the sandbox is gone');
      },
    });
    await expect(stage.open(inspected)).rejects.toThrow('the sandbox is gone');
    stage.override({ openSession });
    const opened = (await stage.open(inspected)) as Planned;
    const sessions = await stage.bench.store.sessions(opened.transferId);
    expect(sessions.map(({ state }) => state)).toEqual(['lost', 'open']);
    expect((await stage.row(opened)).retries).toEqual({ CreateReplyLostError: 1 });
  });

  it('counts as lost when its answer could not be written', async () => {
    const stage = await Stage.set();
    putFilm(stage.bench, 3000);
    const inspected = await stage.inspect();
    stage.bench.store.refuse('setSession');
    await expect(stage.open(inspected)).rejects.toMatchObject({ name: 'TableUnavailableError' });
    const opened = (await stage.open(inspected)) as Planned;
    const sessions = await stage.bench.store.sessions(opened.transferId);
    expect(sessions.map(({ state }) => state)).toEqual(['lost', 'open']);
  });

  it('opens a handful of sessions in an hour of it, and goes on', async () => {
    const { stage, waiting } = await lost();
    let state = waiting;
    const endsAt = stage.bench.clock.now() + 3_600_000;
    while (stage.pause(state) && stage.bench.clock.now() < endsAt) {
      stage.service.faults.befallCall('open', 'lost-reply');
      state = (await stage.open(state)) as Planned;
    }
    expect(stage.bench.asked.opened).toBeLessThanOrEqual(8);
    expect(await stage.open(state)).not.toHaveProperty('outage');
  });

  it('ends with that error once patience is over', async () => {
    const { stage, waiting } = await lost();
    stage.bench.clock.advance(boundOf('patience') * 1000);
    stage.service.faults.befallCall('open', 'lost-reply');
    await expect(stage.open(waiting)).rejects.toMatchObject({ name: 'CreateReplyLostError' });
  });

  it('asks for no other session while not even the list of sessions can be read', async () => {
    const { stage, waiting } = await lost();
    const error = new TransferError('ServiceUnavailableError', '502');
    stage.override({ listUnfinished: () => Promise.reject(error) });
    const state = await stage.open(stage.pause(waiting));
    expect(state).toMatchObject({ next: 'wait', outage: { error: 'ServiceUnavailableError' } });
    expect(stage.bench.asked.opened).toBe(1);
  });
});

describe('a create that is refused', () => {
  it('for being one too many is made again after the pause that was asked for', async () => {
    const stage = await Stage.set();
    stage.service.faults.befallCall('open', 'throttled');
    const waiting = await stage.opened(3);
    expect(waiting).toMatchObject({ next: 'wait', waitSeconds: 7, sessionsOpened: 0 });
    expect(await stage.open(stage.pause(waiting))).toMatchObject({
      next: 'send',
      sessionNumber: 2,
    });
    const sessions = await stage.bench.store.sessions(waiting.transferId);
    expect(sessions.map(({ state }) => state)).toEqual(['refused', 'open']);
    expect((await stage.row(waiting)).retries).toEqual({ ThrottledError: 1 });
  });

  it('for being one too many again and again ends by name after the patience for named times', async () => {
    const stage = await Stage.set();
    stage.service.faults.befallCall('open', 'throttled');
    const waiting = await stage.opened(3);
    stage.bench.clock.advance(boundOf('namedPatience') * 1000);
    stage.service.faults.befallCall('open', 'throttled');
    await expect(stage.open(waiting)).rejects.toMatchObject({ name: 'ThrottledError' });
  });

  it('is not asked for before the hour that the service named', async () => {
    const stage = await Stage.set();
    const error = new TransferError('ThrottledError', '429', { retryAfterSeconds: 7200 });
    const { openSession } = stage.ports.destination;
    stage.override({ openSession: () => Promise.reject(error) });
    let state = await stage.opened(3);
    const askedAt = stage.bench.clock.now();
    stage.override({ openSession });
    while (state.next === 'wait') state = (await stage.open(stage.pause(state))) as Planned;
    expect(stage.bench.clock.now() - askedAt).toBe(7_200_000);
    expect(stage.bench.asked.opened).toBe(1);
  });

  it('waits longer each time where the service names no pause', async () => {
    const stage = await Stage.set();
    const throttled = () => Promise.reject(new TransferError('ThrottledError', '429'));
    stage.override({ openSession: throttled });
    const waits: number[] = [];
    let state = await stage.opened(3);
    for (let i = 0; i < 20; i++) {
      waits.push(state.waitSeconds);
      state = (await stage.open(stage.pause(state))) as Planned;
    }
    expect(waits.slice(0, 4)).toEqual([2, 3, 5, 7]);
    expect(Math.max(...waits)).toBe(300);
  });

  it.each(['RequestRejectedError', 'CredentialsRejectedError', 'ApiNotAllowedError'] as const)(
    'by %s ends the execution with that name, and nothing was created',
    async (name) => {
      const stage = await Stage.set();
      stage.override({ openSession: () => Promise.reject(new TransferError(name, 'no')) });
      await expect(stage.opened(3)).rejects.toMatchObject({ name });
      const [, [[, session]]] = JSON.parse(stage.bench.store.dump());
      expect(session).toMatchObject({ number: 1, state: 'refused' });
    },
  );
});

describe('a session left behind', () => {
  it('is used if the service still takes chunks for it', async () => {
    const stage = await Stage.set();
    const opened = await stage.opened(120);
    await stage.send(itemOf(opened, 1));
    stage.bench.executions.states.set('execution-a', 'ended');
    const taken = await stage.open(await stage.inspect(), { executionId: 'execution-b' });
    expect(taken).toMatchObject({ sessionNumber: 1, ranges: [{ n: 2 }, { n: 3 }] });
    expect(stage.bench.asked.opened).toBe(1);
  });

  it('is replaced once it has expired, and none of its chunks counts any more', async () => {
    const stage = await Stage.set();
    const opened = await stage.opened(3);
    await stage.send(itemOf(opened));
    stage.service.forgetSessions();
    const again = (await stage.open({ ...opened, next: 'expired' })) as Planned;
    expect(again).toMatchObject({ next: 'send', sessionNumber: 2, ranges: [{ n: 1 }] });
    const sessions = await stage.bench.store.sessions(opened.transferId);
    expect(sessions.map(({ state }) => state)).toEqual(['replaced', 'open']);
    expect((await stage.row(opened)).retries).toEqual({ SessionExpiredError: 1 });
  });

  it('is replaced by one of two calls that run at once: the slower creates nothing', async () => {
    const stage = await Stage.set();
    const opened = await stage.opened(3);
    stage.service.forgetSessions();
    const expired = { ...opened, next: 'expired' };
    const { ports } = stage;
    const addSession: TransferStore['addSession'] = async (...given) => {
      stage.ports = ports;
      await stage.open(expired, { invocationId: 'faster' });
      return ports.store.addSession(...given);
    };
    stage.ports = { ...ports, store: { ...ports.store, addSession } };
    await expect(stage.open(expired, { invocationId: 'slower' })).rejects.toMatchObject({
      name: 'TableUnavailableError',
      message: `another call of this step has opened session 2 of transfer ${opened.transferId}`,
    });
    expect(stage.bench.asked.opened).toBe(2);
    expect(await stage.row(opened)).toMatchObject({ sessionNumber: 2 });
    const sessions = await stage.bench.store.sessions(opened.transferId);
    expect(sessions.map(({ state }) => state)).toEqual(['replaced', 'open', 'refused']);
  });

  it('is not given up by an execution that has lost the transfer meanwhile', async () => {
    const stage = await Stage.set();
    const opened = await stage.opened(3);
    const { ports } = stage;
    const held = Promise.withResolvers<void>();
    stage.override({
      sessionStatus: async () => {
        await held.promise;
        return { phase: 'expired' };
      },
    });
    const zombie = stage.open({ ...opened, next: 'expired' });
    zombie.catch(() => {});
    await new Promise(setImmediate);
    stage.ports = ports;
    stage.bench.executions.states.set('execution-a', 'ended');
    await stage.open(await stage.inspect(), { executionId: 'execution-b' });
    held.resolve();
    await expect(zombie).rejects.toMatchObject({ name: 'FencedOutError' });
    const [session] = await stage.bench.store.sessions(opened.transferId);
    expect(session).toMatchObject({ number: 1, state: 'open' });
    expect(stage.bench.asked.opened).toBe(1);
  });

  it('is asked about before it is given up: it may be alive', async () => {
    const stage = await Stage.set();
    const opened = await stage.opened(3);
    const again = await stage.open({ ...opened, next: 'expired' });
    expect(again).toMatchObject({ next: 'send', sessionNumber: 1 });
  });

  it('is asked about once its time is up', async () => {
    const stage = await Stage.set();
    const opened = await stage.opened(3);
    stage.service.forgetSessions();
    stage.bench.clock.advance(24 * 3600 * 1000);
    const again = await stage.open({ ...opened, next: 'missing' });
    expect(again).toMatchObject({ next: 'send', sessionNumber: 2 });
  });

  it('is asked about again when the first asking was throttled', async () => {
    const stage = await Stage.set();
    const opened = await stage.opened(3);
    stage.service.forgetSessions();
    const { sessionStatus } = stage.ports.destination;
    stage.override({
      sessionStatus: () => Promise.reject(new TransferError('ThrottledError', '429')),
    });
    const waiting = await stage.open({ ...opened, next: 'expired' });
    expect(waiting).toMatchObject({ next: 'wait' });
    stage.override({ sessionStatus });
    expect(await stage.open(stage.pause(waiting as Planned))).toMatchObject({
      next: 'send',
      sessionNumber: 2,
    });
  });

  it('is not replaced by another one too many', async () => {
    const stage = await Stage.set();
    const opened = await stage.opened(3);
    stage.service.forgetSessions();
    const spent = { ...opened, sessionsOpened: maxSessionsPerExecution, next: 'expired' };
    await expect(stage.open(spent)).rejects.toMatchObject({ name: 'SessionsExhaustedError' });
    expect(stage.bench.asked.opened).toBe(1);
  });
});
