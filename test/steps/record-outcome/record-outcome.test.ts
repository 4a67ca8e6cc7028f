import { describe, expect, it } from 'vitest';
import { errorCatalogue, TransferError } from '#src/core/errors/errors.ts';
import { rejectionIdOf } from '#src/transfer/transfer-ids.ts';
import { film, putFilm } from '../../harness/port-harness.ts';
import { runTransfer } from '../../harness/run-transfer.ts';
import { itemOf, StepHarness } from '../../harness/step-harness.ts';

const ready = { status: 'ready', assetId: 'asset-1' };

/** Returns a transfer with a ready asset and no outcome. */
async function awaited() {
  const harness = await StepHarness.set();
  const startedAt = harness.doubles.clock.now();
  const opened = await harness.opened(3);
  await harness.sendAll(opened);
  harness.doubles.clock.advance(2_000);
  const state = await harness.confirm(opened);
  harness.doubles.clock.advance(3_500);
  const ended = { ...state, next: 'ended', ending: ready };
  return { harness, state, ended, given: { executionStartedAt: startedAt } };
}

/** Records the failure of an execution. */
async function recordFailure(error: { Error: string; Cause: string }) {
  const { harness, state } = await awaited();
  return { harness, state, recorded: await harness.record({ ...state, error }) };
}

function types({ doubles }: StepHarness): string[] {
  return doubles.events.outcomes.map(({ type }) => type);
}

describe('RecordOutcome of a ready asset', () => {
  it('returns the transfer with its times and counts', async () => {
    const { harness, state, ended, given } = await awaited();
    await harness.doubles.store.incrementRetries(state.transferId, { ThrottledError: 2 });
    const recorded = await harness.record(ended, given);
    expect(recorded).toEqual({
      next: 'succeed',
      output: {
        execution: 'execution-a',
        status: 'ready',
        transferId: state.transferId,
        assetId: 'asset-1',
        ...film,
        etag: expect.any(String),
        ingestNumber: 1,
        bytes: 3 * 1024,
        chunks: 3,
        secondsToBytesComplete: 2,
        secondsToReady: 5.5,
        checksum: 'none',
        retries: { ThrottledError: 2 },
      },
    });
  });

  it('adds up the retries of the transfer and of all its ranges', async () => {
    const harness = await StepHarness.set();
    const opened = await harness.opened(60);
    harness.service.faults.failSend(1, { kind: 'reset' });
    harness.service.faults.failSend(55, { kind: 'reset' });
    await harness.sendAll(opened);
    await harness.doubles.store.incrementRetries(opened.transferId, { NetworkError: 1 });
    const state = await harness.confirm(opened);
    const { output } = await harness.record({ ...state, ending: ready });
    expect(output.retries).toEqual({ NetworkError: 3 });
  });

  it('writes the row, publishes the event, then marks the row as published', async () => {
    const { harness, state, ended } = await awaited();
    const seen: object[] = [];
    harness.ports = {
      ...harness.ports,
      events: {
        publish: async (event) => {
          seen.push(await harness.row(state));
          await harness.doubles.events.publish(event);
        },
      },
    };
    const { output } = await harness.record(ended);
    expect(seen).toMatchObject([{ state: 'ready', outcome: output, outcomePublished: false }]);
    expect(await harness.row(state)).toMatchObject({ state: 'ready', outcomePublished: true });
    expect(harness.doubles.events.outcomes).toMatchObject([
      { type: 'Transfer Ready', detail: output },
    ]);
  });

  it('fails if the event is not accepted, and the state machine retries it', async () => {
    const { harness, state, ended } = await awaited();
    harness.doubles.events.failures = 1;
    const refused = harness.record(ended);
    await expect(refused).rejects.toMatchObject({ name: 'EventNotPublishedError' });
    expect(await harness.row(state)).toMatchObject({ state: 'ready', outcomePublished: false });
    expect(await harness.record(ended)).toMatchObject({ next: 'succeed' });
    expect(types(harness)).toEqual(['Transfer Ready']);
  });

  it('publishes no second event after the first is marked', async () => {
    const { harness, ended } = await awaited();
    await harness.record(ended);
    await harness.record(ended);
    expect(types(harness)).toEqual(['Transfer Ready']);
  });

  it('publishes the event again if only the mark failed', async () => {
    const { harness, state, ended } = await awaited();
    const { patchTransfer } = harness.doubles.store;
    let calls = 0;
    harness.ports = {
      ...harness.ports,
      store: {
        ...harness.doubles.store,
        patchTransfer: (...args) => {
          if (++calls !== 2) return patchTransfer(...args);
          throw new TransferError('TableUnavailableError', 'no');
        },
      },
    };
    await expect(harness.record(ended)).rejects.toMatchObject({ name: 'TableUnavailableError' });
    await harness.record(ended);
    expect(types(harness)).toEqual(['Transfer Ready', 'Transfer Ready']);
    expect((await harness.row(state)).outcomePublished).toBe(true);
  });

  it('changes nothing for an execution that lost the transfer', async () => {
    const { harness, state, ended } = await awaited();
    const before = await harness.row(state);
    const late = await harness.record(ended, { executionId: 'execution-b' });
    expect(late).toMatchObject({ next: 'fail', error: 'FencedOutError' });
    expect(await harness.row(state)).toEqual(before);
    expect(types(harness)).toEqual([]);
  });

  it('is published by a later execution if the first could not publish it', async () => {
    const harness = await StepHarness.set();
    putFilm(harness.doubles, 3000);
    harness.doubles.events.failures = 100;
    const first = await runTransfer(harness.doubles, film);
    expect(first).toMatchObject({ status: 'FAILED', error: 'OutcomeNotRecordedError' });
    harness.doubles.events.failures = 0;
    const second = await runTransfer(harness.doubles, film, { executionId: 'execution-b' });
    expect(second.output).toMatchObject({ assetId: 'asset-1' });
    expect(types(harness)).toEqual(['Transfer Ready']);
  });
});

describe('RecordOutcome of an execution that does not own the transfer', () => {
  it.each(['already-ingested', 'running-elsewhere'])(
    'returns %s and writes nothing',
    async (status) => {
      const { harness, state } = await awaited();
      const before = await harness.row(state);
      const ending = { status, assetId: 'asset-1' };
      const recorded = await harness.record(
        { next: 'ended', ending },
        { executionId: 'execution-b' },
      );
      expect(recorded).toEqual({ next: 'succeed', output: ending });
      expect(await harness.row(state)).toEqual(before);
      expect(types(harness)).toEqual([]);
    },
  );

  it('fails a fenced-out execution by that name and writes nothing', async () => {
    const { harness, state, recorded } = await recordFailure({ Error: 'FencedOutError', Cause: 'gone' });
    expect(recorded).toMatchObject({ next: 'fail', error: 'FencedOutError' });
    expect(await harness.row(state)).toMatchObject({ state: 'active' });
    expect(types(harness)).toEqual([]);
  });
});

describe('RecordOutcome of a superseded object', () => {
  it('succeeds, with its own state and event', async () => {
    const { harness, state } = await awaited();
    const ending = { status: 'superseded', why: 'the object is another one now' };
    const recorded = await harness.record({ ...state, ending });
    expect(recorded).toMatchObject({ next: 'succeed', output: ending });
    expect(await harness.row(state)).toMatchObject({ state: 'superseded', outcomePublished: true });
    expect(types(harness)).toEqual(['Transfer Superseded']);
  });
});

describe('RecordOutcome of a failure', () => {
  const cause = (errorMessage: string) =>
    JSON.stringify({ errorType: 'Error', errorMessage, trace: ['at x (y.js:1:1)'] });

  it('fails by the error’s name, with one line that contains the next step', async () => {
    const error = { Error: 'CredentialsRejectedError', Cause: cause('401: the key is refused') };
    const { harness, state, recorded } = await recordFailure(error);
    expect(recorded).toMatchObject({
      next: 'fail',
      error: 'CredentialsRejectedError',
      cause: `401: the key is refused. ${errorCatalogue.CredentialsRejectedError.nextStep}`,
    });
    const reported = {
      status: 'failed',
      error: 'CredentialsRejectedError',
      transferId: state.transferId,
    };
    expect(await harness.row(state)).toMatchObject({ state: 'failed', outcome: reported });
    expect(harness.doubles.events.outcomes).toMatchObject([
      { type: 'Transfer Failed', detail: reported },
    ]);
  });

  it.each([
    ['Lambda’s JSON', cause('two\nlines\tand\u0007a bell')],
    ['plain text', 'RequestId: 1 Error: Runtime\r\nexited'],
    ['JSON of another form', '{"message":"x\\ny"}'],
    ['JSON that is not an object', '"x\\ny"'],
    ['an empty text', ''],
    ['a very long text', `${'x'.repeat(40_000)}\ny`],
  ])('makes one short line of %s', async (_, text) => {
    const { recorded } = await recordFailure({ Error: 'Sandbox.Timedout', Cause: text });
    const line = (recorded as { cause: string }).cause;
    expect(line).not.toMatch(/\p{Cc}/u);
    expect(line.length).toBeLessThan(1300);
    expect(line).toContain('Start a new execution');
  });

  it('contains no stack trace', async () => {
    const { recorded } = await recordFailure({ Error: 'UnexpectedError', Cause: cause('TypeError: x') });
    expect((recorded as { cause: string }).cause).toMatch(/^TypeError: x\. (?!.*at x)/);
  });

  it('is recorded in the transfer also if the step failed just after it took the transfer', async () => {
    const harness = await StepHarness.set();
    putFilm(harness.doubles, 3000);
    const inspected = await harness.inspect();
    const error = new TransferError('RequestRejectedError', '400: no');
    harness.override({ openSession: () => Promise.reject(error) });
    await expect(harness.open(inspected)).rejects.toBe(error);
    const caught = { Error: error.name, Cause: cause(error.message) };
    const { output } = await harness.record({ ...inspected, error: caught });
    expect(await harness.row(output)).toMatchObject({ state: 'failed', ingestNumber: 1 });
  });

  it('does not contain the asset of an earlier session', async () => {
    const harness = await StepHarness.set();
    const opened = await harness.opened(3);
    await harness.send(itemOf(opened));
    const error = { Error: 'RoundsExhaustedError', Cause: '' };
    const { output } = await harness.record({ ...opened, error });
    expect(output.assetId).toBeUndefined();
  });
});

describe('RecordOutcome of an error while another execution owns the transfer', () => {
  const error = { Error: 'RoundsExhaustedError', Cause: '' };

  /** Returns a transfer that another execution took after this one started, and completed. */
  async function takenOver() {
    const { harness, state, ended, given } = await awaited();
    const row = await harness.row(state);
    const taken = { ...row, owner: 'execution-b', fence: row.fence + 1 };
    await harness.doubles.store.takeTransfer(taken, row);
    await harness.record({ ...ended, fence: taken.fence }, { executionId: 'execution-b' });
    return { harness, state, given };
  }

  it.each([
    ['names it', (transferId: string) => ({ transferId })],
    ['ended before it named it', () => ({})],
  ])('reports nothing if the state %s', async (_, stateOf) => {
    const { harness, state, given } = await takenOver();
    const late = await harness.record({ ...stateOf(state.transferId), error }, given);
    expect(late).toMatchObject({ next: 'fail', error: 'FencedOutError' });
    expect(types(harness)).toEqual(['Transfer Ready']);
    expect(await harness.doubles.store.transfer(rejectionIdOf('execution-a'))).toBeUndefined();
  });

  it('reports a start that tried to take it from a silent owner, which may have ended', async () => {
    const harness = await StepHarness.set();
    const { transferId } = await harness.opened(3);
    harness.doubles.clock.advance(6_000);
    const late = { executionId: 'execution-b', executionStartedAt: harness.doubles.clock.now() };
    await harness.doubles.store.recordExecution('execution-b', transferId);
    expect(await harness.record({ error }, late)).toMatchObject({ error: 'RoundsExhaustedError' });
    expect(await harness.row({ transferId: rejectionIdOf('execution-b') })).toMatchObject({
      outcomePublished: true,
    });
    expect(types(harness)).toEqual(['Transfer Failed']);
  });

  it('reports nothing for a start that lost it to an owner that has renewed its lease', async () => {
    const harness = await StepHarness.set();
    const early = { executionId: 'execution-b', executionStartedAt: harness.doubles.clock.now() };
    harness.doubles.clock.advance(6_000);
    const { transferId } = await harness.opened(3);
    await harness.doubles.store.recordExecution('execution-b', transferId);
    expect(await harness.record({ error }, early)).toMatchObject({ error: 'FencedOutError' });
    expect(types(harness)).toEqual([]);
  });

  it.each(['failed', 'superseded'] as const)(
    'reports a start that tried to take it if it is %s: the end may not be its own',
    async (state) => {
      const { harness, state: owned, given } = await takenOver();
      const { transferId, fence } = await harness.row(owned);
      await harness.doubles.store.patchTransfer(
        transferId,
        fence,
        { state },
        harness.doubles.clock.now(),
      );
      const late = await harness.record({ error }, given);
      expect(late).toMatchObject({ next: 'fail', error: 'RoundsExhaustedError' });
      expect(types(harness)).toEqual(['Transfer Ready', 'Transfer Failed']);
    },
  );
});

describe('N25: RecordOutcome of a rejected start', () => {
  const error = { Error: 'InvalidInputError', Cause: 'input.force: no' };

  it('writes a row with the named object, and publishes the event', async () => {
    const harness = await StepHarness.set();
    const recorded = await harness.record({ error }, { executionInput: film });
    const transferId = rejectionIdOf('execution-a');
    expect(recorded).toMatchObject({ next: 'fail', error: error.Error, output: { transferId } });
    expect(await harness.row({ transferId })).toMatchObject({
      state: 'refused',
      source: film,
      owner: 'execution-a',
      outcomePublished: true,
      outcome: recorded.output,
    });
    expect(harness.doubles.events.outcomes).toMatchObject([
      {
        type: 'Transfer Failed',
        detail: { ...film, error: 'InvalidInputError', execution: 'execution-a' },
      },
    ]);
  });

  it.each([undefined, null, 'films', [], { bucket: 7 }])('accepts an input of %j', async (input) => {
    const harness = await StepHarness.set();
    const recorded = await harness.record({ error }, { executionInput: input });
    expect(recorded).toMatchObject({ next: 'fail', cause: expect.stringContaining('force: no') });
    expect(types(harness)).toEqual(['Transfer Failed']);
  });

  it('names the object also if another field is invalid', async () => {
    const harness = await StepHarness.set();
    const executionInput = { ...film, force: 'yes' };
    const { output } = await harness.record({ error }, { executionInput });
    expect(output).toMatchObject(film);
  });
});
