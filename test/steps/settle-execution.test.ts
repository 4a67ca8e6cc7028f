import { describe, expect, it } from 'vitest';
import { errorCatalogue, TransferError } from '#src/core/errors/errors.ts';
import { leaseSeconds } from '#src/core/limits/limits.ts';
import { rejectionIdOf } from '#src/transfer/transfer-ids.ts';
import { film, putFilm } from '../conformance/bench.ts';
import { walk } from '../conformance/walk.ts';
import {
  dieEverywhere,
  executionId,
  openSending,
  openSettleStage,
  type SettleStage,
  statusChange,
} from './settle-stage.ts';

const outcomesOf = ({ harness }: SettleStage) =>
  harness.bench.events.outcomes.map(({ type, detail }) => ({ type, error: detail.error }));

const turnsOf = ({ harness }: SettleStage) => harness.bench.queue.held.size;

const refusal = rejectionIdOf(executionId);

describe('an execution that ended while its transfer was active', () => {
  it.each([
    ['TIMED_OUT', 'ExecutionTimedOutError'],
    ['FAILED', 'ExecutionEndedError'],
  ] as const)('by %s leaves a transfer that failed by %s', async (status, error) => {
    const settle = await openSending();
    const reconciled = await settle.reconcile(statusChange(status));
    expect(reconciled).toEqual({ execution: executionId, became: 'settled' });
    const cause = expect.stringContaining(errorCatalogue[error].nextStep);
    const outcome = { status: 'failed', error, cause, ...film, bytes: 3072, ingestNumber: 1 };
    expect(await settle.row()).toMatchObject({ state: 'failed', outcomePublished: true, outcome });
    expect(outcomesOf(settle)).toEqual([{ type: 'Transfer Failed', error }]);
  });

  it('N24: because somebody stopped it leaves a transfer that is cancelled, with the reason given', async () => {
    const settle = await openSending();
    const said = { error: 'Wrong cut', cause: 'the editor\nsends another' };
    await settle.reconcile(statusChange('ABORTED', said));
    const why = 'the execution was stopped: Wrong cut: the editor sends another.';
    const outcome = { status: 'cancelled', why, execution: executionId, ...film };
    expect(await settle.row()).toMatchObject({
      state: 'cancelled',
      outcomePublished: true,
      outcome,
    });
    expect(outcomesOf(settle)).toEqual([{ type: 'Transfer Cancelled' }]);
  });

  it.each([
    ['ABORTED', 1, 0],
    ['TIMED_OUT', 0, 1],
  ] as const)('by %s counts as %i cancelled and %i failed', async (status, cancelled, failed) => {
    const settle = await openSending();
    await settle.reconcile(statusChange(status));
    const { meter } = settle.harness.bench;
    expect(meter.sum('TransfersCancelled')).toBe(cancelled);
    expect(meter.sum('TransfersFailed')).toBe(failed);
  });

  it('gives its turn back', async () => {
    const settle = await openSending();
    expect(turnsOf(settle)).toBe(1);
    await settle.reconcile(statusChange('ABORTED'));
    expect(turnsOf(settle)).toBe(0);
  });

  it('tells what Step Functions said of it, in one line', async () => {
    const settle = await openSending();
    const said = { error: 'States.DataLimitExceeded', cause: 'the state is\ntoo large' };
    await settle.reconcile(statusChange('FAILED', said));
    expect((await settle.row()).outcome?.cause).toBe(
      `the execution failed and recorded no outcome: States.DataLimitExceeded: the state is too large. ${errorCatalogue.ExecutionEndedError.nextStep}`,
    );
  });

  it('is measured as a transfer that was settled and as one that failed', async () => {
    const settle = await openSending();
    await settle.reconcile(statusChange('TIMED_OUT'));
    const { meter } = settle.harness.bench;
    expect(meter.sum('TransfersClosed')).toBe(1);
    expect(meter.sum('TransfersFailed')).toBe(1);
    expect(meter.sum('FailuresByError', 'ExecutionTimedOutError')).toBe(1);
  });

  it('counts its times from its own start', async () => {
    const settle = await openSending();
    const { clock } = settle.harness.bench;
    const startDate = clock.now();
    await settle.harness.sendAll(settle.opened);
    clock.advance(4_000);
    await settle.harness.confirm(settle.opened);
    await settle.reconcile(statusChange('ABORTED', { startDate }));
    expect((await settle.row()).outcome).toMatchObject({ secondsToBytesComplete: 4, chunks: 3 });
  });

  it('is settled once, however often the event comes', async () => {
    const settle = await openSending();
    for (const status of ['ABORTED', 'ABORTED', 'FAILED', 'RUNNING', 'SUCCEEDED']) {
      await settle.reconcile(statusChange(status));
    }
    expect(outcomesOf(settle)).toHaveLength(1);
    expect((await settle.row()).outcome?.status).toBe('cancelled');
    expect(settle.harness.bench.meter.sum('TransfersClosed')).toBe(1);
  });

  it('may be continued by a new execution, from the proofs it left', async () => {
    const settle = await openSending();
    await settle.harness.sendAll(settle.opened);
    await settle.reconcile(statusChange('ABORTED'));
    const walked = await walk(settle.harness.bench, film, { executionId: 'execution-b' });
    expect(walked.status).toBe('succeeded');
    expect(settle.harness.bench.asked.sends).toHaveLength(3);
  });
});

describe('an execution whose end was told too late', () => {
  it('because it was redriven is left alone', async () => {
    const settle = await openSending();
    settle.ends.ends.set(executionId, { status: 'running' });
    const before = await settle.row();
    expect(await settle.reconcile(statusChange('ABORTED'))).toMatchObject({ became: 'left' });
    expect(await settle.row()).toEqual(before);
    expect(turnsOf(settle)).toBe(1);
    expect(outcomesOf(settle)).toEqual([]);
  });

  it('because another has taken the transfer over is left alone', async () => {
    const settle = await openSending();
    settle.harness.bench.executions.states.set(executionId, 'ended');
    await settle.harness.open(await settle.harness.inspect(), { executionId: 'execution-b' });
    const before = await settle.row();
    expect(before).toMatchObject({ owner: 'execution-b', fence: 2 });
    await settle.reconcile(statusChange('ABORTED'));
    expect(await settle.row()).toEqual(before);
    expect(turnsOf(settle)).toBe(1);
    expect(outcomesOf(settle)).toEqual([]);
  });

  it('because another has taken it over and ended it is left alone', async () => {
    const settle = await openSending();
    const startDate = settle.harness.bench.clock.now();
    settle.harness.bench.executions.states.set(executionId, 'ended');
    await walk(settle.harness.bench, film, { executionId: 'execution-b' });
    expect(await settle.reconcile(statusChange('ABORTED', { startDate }))).toMatchObject({
      became: 'left',
    });
    expect(await settle.row()).toMatchObject({ state: 'ready' });
    expect(outcomesOf(settle)).toEqual([{ type: 'Transfer Ready' }]);
  });

  it('while another holds the transfer, silent since before it began, is left alone', async () => {
    const settle = await openSending();
    settle.harness.bench.clock.advance(60_000);
    const startDate = settle.harness.bench.clock.now();
    await settle.harness.bench.store.recordExecution('execution-b', settle.opened.transferId);
    const event = statusChange('ABORTED', { startDate }, 'execution-b');
    expect(await settle.reconcile(event)).toMatchObject({ became: 'left' });
    expect(await settle.row()).toMatchObject({ state: 'active', owner: executionId });
  });

  it('while another works on the transfer again by a redrive is left alone', async () => {
    const settle = await openSending();
    settle.harness.bench.clock.advance((leaseSeconds + 60) * 1000);
    settle.ends.ends.set(executionId, { status: 'running' });
    await settle.harness.bench.store.recordExecution('execution-b', settle.opened.transferId);
    const event = statusChange('ABORTED', {}, 'execution-b');
    expect(await settle.reconcile(event)).toMatchObject({ became: 'left' });
    expect(outcomesOf(settle)).toEqual([]);
  });

  it('because another took it over between two writes keeps its turn', async () => {
    const settle = await openSending();
    const { store } = settle.ports;
    settle.harness.bench.executions.states.set(executionId, 'ended');
    const inspected = await settle.harness.inspect();
    const patchTransfer: typeof store.patchTransfer = async (...given) => {
      const held = await store.patchTransfer(...given);
      await settle.harness.open(inspected, { executionId: 'execution-b' });
      return held;
    };
    settle.ports = { ...settle.ports, store: { ...store, patchTransfer } };
    await settle.reconcile(statusChange('ABORTED'));
    expect(await settle.row()).toMatchObject({ state: 'active', owner: 'execution-b' });
    expect(turnsOf(settle)).toBe(1);
  });

  it('because a step that outlived it recorded the outcome meanwhile changes nothing', async () => {
    const settle = await openSending();
    const { store } = settle.ports;
    const outcome = { status: 'ready' };
    const sessions: typeof store.sessions = async (id) => {
      await store.patchTransfer(id, 1, { state: 'ready', outcome, outcomePublished: true }, 1);
      return store.sessions(id);
    };
    settle.ports = { ...settle.ports, store: { ...store, sessions } };
    await settle.reconcile(statusChange('ABORTED'));
    expect(await settle.row()).toMatchObject({ state: 'ready', outcome });
  });
});

describe('an execution that recorded its outcome', () => {
  it('is not told of again', async () => {
    const settle = await openSettleStage();
    putFilm(settle.harness.bench, 3000);
    await walk(settle.harness.bench, film);
    expect(await settle.reconcile(statusChange('FAILED'))).toMatchObject({ became: 'finished' });
    expect(outcomesOf(settle)).toEqual([{ type: 'Transfer Ready' }]);
    expect(settle.ends.asked).toEqual([]);
  });

  it('and could not put its event has it put, as what it was', async () => {
    const settle = await openSettleStage();
    putFilm(settle.harness.bench, 3000);
    settle.harness.bench.events.refusals = 100;
    await walk(settle.harness.bench, film);
    settle.harness.bench.events.refusals = 0;
    await settle.reconcile(statusChange('FAILED'));
    expect(outcomesOf(settle)).toEqual([{ type: 'Transfer Ready' }]);
  });

  it('as a refused start is not told of again', async () => {
    const settle = await openSettleStage();
    await walk(settle.harness.bench, { bucket: 'films' });
    await settle.reconcile(statusChange('FAILED'));
    expect(outcomesOf(settle)).toEqual([{ type: 'Transfer Failed', error: 'InvalidInputError' }]);
  });

  it('as a refused start and could not put its event has it put', async () => {
    const settle = await openSettleStage();
    settle.harness.bench.events.refusals = 100;
    await walk(settle.harness.bench, { bucket: 'films' });
    settle.harness.bench.events.refusals = 0;
    await settle.reconcile(statusChange('FAILED'));
    expect(outcomesOf(settle)).toEqual([{ type: 'Transfer Failed', error: 'InvalidInputError' }]);
    expect(await settle.harness.row({ transferId: refusal })).toMatchObject({
      outcomePublished: true,
    });
  });
});

describe('an execution that ended before it took a transfer', () => {
  it('is told of as a start that came to nothing, with the object it named', async () => {
    const settle = await openSettleStage();
    const reconciled = await settle.reconcile(statusChange('TIMED_OUT'));
    expect(reconciled).toMatchObject({ became: 'refused' });
    const error = 'ExecutionTimedOutError';
    expect(await settle.harness.row({ transferId: refusal })).toMatchObject({
      state: 'refused',
      source: film,
      outcomePublished: true,
      outcome: { status: 'failed', error, execution: executionId, ...film },
    });
    expect(outcomesOf(settle)).toEqual([{ type: 'Transfer Failed', error }]);
  });

  it('because somebody stopped it is a start that was cancelled, and no failure', async () => {
    const settle = await openSettleStage();
    expect(await settle.reconcile(statusChange('ABORTED'))).toMatchObject({ became: 'cancelled' });
    expect(await settle.harness.row({ transferId: refusal })).toMatchObject({
      state: 'cancelled',
      outcomePublished: true,
      outcome: { status: 'cancelled', execution: executionId, ...film },
    });
    expect(settle.harness.bench.meter.sum('TransfersFailed')).toBe(0);
    expect(outcomesOf(settle)).toEqual([{ type: 'Transfer Cancelled' }]);
  });

  it('is told of once, however often the event comes', async () => {
    const settle = await openSettleStage();
    for (const status of ['ABORTED', 'ABORTED', 'FAILED']) {
      await settle.reconcile(statusChange(status));
    }
    expect(outcomesOf(settle)).toHaveLength(1);
  });

  it('names the object also where the event came without the input', async () => {
    const settle = await openSettleStage();
    settle.ends.ends.set(executionId, { status: 'aborted', input: JSON.stringify(film) });
    await settle.reconcile(statusChange('ABORTED', { input: null }));
    expect(await settle.harness.row({ transferId: refusal })).toMatchObject({ source: film });
  });

  it.each([null, '{"bucket', '7', '"films"'])('bears an input of %j', async (input) => {
    const settle = await openSettleStage();
    await settle.reconcile(statusChange('ABORTED', { input }));
    expect(outcomesOf(settle)).toHaveLength(1);
  });

  it.each(['failed', 'superseded'] as const)(
    'although another made the transfer that it went for %s since: perhaps it was not its own',
    async (state) => {
      const settle = await openSending();
      const { store, clock } = settle.harness.bench;
      const { transferId, fence } = settle.opened;
      const startDate = clock.now();
      await store.recordExecution('execution-b', transferId);
      const outcome = { status: state };
      const patch = { state, outcome, outcomePublished: true };
      await store.patchTransfer(transferId, fence, patch, clock.now());
      const event = statusChange('ABORTED', { startDate }, 'execution-b');
      expect(await settle.reconcile(event)).toMatchObject({ became: 'cancelled' });
      expect(await settle.row()).toMatchObject({ state, owner: executionId });
    },
  );

  it.each([
    ['was aborted', { status: 'aborted' }, 0],
    ['failed', { status: 'failed' }, 0],
    ['cannot be asked about and let its lease expire', { status: 'unknown' }, leaseSeconds + 60],
  ] as const)(
    'is reported although the transfer that it went for still names an owner that %s',
    async (_, end, silentSeconds) => {
      const settle = await openSending();
      const { store, clock } = settle.harness.bench;
      clock.advance(silentSeconds * 1000);
      settle.ends.ends.set(executionId, end);
      await store.recordExecution('execution-b', settle.opened.transferId);
      const event = statusChange('ABORTED', { startDate: clock.now() }, 'execution-b');
      expect(await settle.reconcile(event)).toMatchObject({ became: 'cancelled' });
      expect(outcomesOf(settle)).toEqual([{ type: 'Transfer Cancelled' }]);
      expect(await settle.row()).toMatchObject({ state: 'active', owner: executionId });
    },
  );

  it.each(['running', 'succeeded'] as const)(
    'is left alone where a redrive made it %s since',
    async (status) => {
      const settle = await openSettleStage();
      settle.ends.ends.set(executionId, { status });
      expect(await settle.reconcile(statusChange('FAILED'))).toMatchObject({ became: 'left' });
      expect(outcomesOf(settle)).toEqual([]);
    },
  );

  it('is left alone where it was a preflight, which moves nothing', async () => {
    const settle = await openSettleStage();
    const input = JSON.stringify({ preflight: true, bucket: 'films' });
    expect(await settle.reconcile(statusChange('FAILED', { input }))).toMatchObject({
      became: 'left',
    });
    expect(outcomesOf(settle)).toEqual([]);
  });
});

describe('a reconciler that dies', () => {
  it('at any call of settling a transfer settles it the next time', async () => {
    const calls = await dieEverywhere(async (die) => {
      const settle = await openSending();
      const whole = settle.ports;
      settle.ports = die(whole);
      await settle.reconcile(statusChange('ABORTED')).catch(() => {});
      settle.ports = whole;
      await settle.reconcile(statusChange('ABORTED'));
      expect(await settle.row()).toMatchObject({ state: 'cancelled', outcomePublished: true });
      expect(turnsOf(settle)).toBe(0);
      expect([1, 2]).toContain(outcomesOf(settle).length);
    });
    expect(calls).toBeGreaterThan(8);
  });

  it('at any call of settling a start settles it the next time', async () => {
    const calls = await dieEverywhere(async (die) => {
      const settle = await openSettleStage();
      const whole = settle.ports;
      settle.ports = die(whole);
      await settle.reconcile(statusChange('ABORTED')).catch(() => {});
      settle.ports = whole;
      await settle.reconcile(statusChange('ABORTED'));
      expect(await settle.harness.row({ transferId: refusal })).toMatchObject({
        outcomePublished: true,
      });
      expect([1, 2]).toContain(outcomesOf(settle).length);
    });
    expect(calls).toBeGreaterThan(4);
  });

  it('at any call leaves nothing that the schedule does not find', async () => {
    await dieEverywhere(async (die) => {
      const settle = await openSending();
      const whole = settle.ports;
      settle.ends.ends.set(executionId, { status: 'aborted' });
      settle.ports = die(whole);
      await settle.reconcile(statusChange('ABORTED')).catch(() => {});
      settle.ports = whole;
      settle.harness.bench.clock.advance((leaseSeconds + 60) * 1000);
      await settle.reconcile();
      expect(await settle.row()).toMatchObject({ state: 'cancelled', outcomePublished: true });
      expect(turnsOf(settle)).toBe(0);
      expect([1, 2]).toContain(outcomesOf(settle).length);
    });
  });
});

describe('a reconciler', () => {
  it('may run twice at once without harm', async () => {
    const settle = await openSending();
    const event = statusChange('ABORTED');
    await Promise.all([settle.reconcile(event), settle.reconcile(event), settle.reconcile()]);
    expect(await settle.row()).toMatchObject({ state: 'cancelled', outcomePublished: true });
    expect(turnsOf(settle)).toBe(0);
  });
});

describe('an event', () => {
  it.each([[null], ['now'], [[]], [{ source: 'aws.s3', detail: {} }], [{ detail: {} }]])(
    'of another kind is refused by name: %j',
    async (event) => {
      const settle = await openSettleStage();
      await expect(settle.reconcile(event as object)).rejects.toMatchObject({
        name: 'InvalidInputError',
      });
    },
  );

  it('of an end that can’t be asked about now fails, so that it is tried again', async () => {
    const settle = await openSending();
    const endOf = () => Promise.reject(new TransferError('ExecutionUnknownError', 'rate'));
    settle.ports = { ...settle.ports, executions: { endOf } };
    await expect(settle.reconcile(statusChange('ABORTED'))).rejects.toMatchObject({
      name: 'ExecutionUnknownError',
    });
    expect(await settle.row()).toMatchObject({ state: 'active' });
  });
});
