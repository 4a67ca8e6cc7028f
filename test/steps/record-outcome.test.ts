import { describe, expect, it } from 'vitest';
import { errorCatalogue, TransferError } from '#src/core/errors/errors.ts';
import { rejectionIdOf } from '#src/core/transfer/transfer.ts';
import { film, putFilm } from '../conformance/bench.ts';
import { walk } from '../conformance/walk.ts';
import { itemOf, Stage } from './stage.ts';

const ready = { status: 'ready', assetId: 'asset-1' };

/** A transfer whose asset is ready, not yet recorded. */
async function awaited() {
  const stage = await Stage.set();
  const startedAt = stage.bench.clock.now();
  const opened = await stage.opened(3);
  await stage.sendAll(opened);
  stage.bench.clock.advance(2_000);
  const state = await stage.confirm(opened);
  stage.bench.clock.advance(3_500);
  const ended = { ...state, next: 'ended', ending: ready };
  return { stage, state, ended, given: { executionStartedAt: startedAt } };
}

/** What an execution that failed is told to be. */
async function failing(error: { Error: string; Cause: string }) {
  const { stage, state } = await awaited();
  return { stage, state, recorded: await stage.record({ ...state, error }) };
}

function types({ bench }: Stage): string[] {
  return bench.events.outcomes.map(({ type }) => type);
}

describe('RecordOutcome of a ready asset', () => {
  it('tells the transfer with its times and counts', async () => {
    const { stage, state, ended, given } = await awaited();
    await stage.bench.store.countRetries(state.transferId, { ThrottledError: 2 });
    const recorded = await stage.record(ended, given);
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
    const stage = await Stage.set();
    const opened = await stage.opened(60);
    stage.service.faults.befall(1, { kind: 'reset' });
    stage.service.faults.befall(55, { kind: 'reset' });
    await stage.sendAll(opened);
    await stage.bench.store.countRetries(opened.transferId, { NetworkError: 1 });
    const state = await stage.confirm(opened);
    const { output } = await stage.record({ ...state, ending: ready });
    expect(output.retries).toEqual({ NetworkError: 3 });
  });

  it('writes the row, then puts the event, then marks the row as announced', async () => {
    const { stage, state, ended } = await awaited();
    const seen: object[] = [];
    stage.ports = {
      ...stage.ports,
      events: {
        publish: async (event) => {
          seen.push(await stage.row(state));
          await stage.bench.events.publish(event);
        },
      },
    };
    const { output } = await stage.record(ended);
    expect(seen).toMatchObject([{ state: 'ready', outcome: output, outcomePublished: false }]);
    expect(await stage.row(state)).toMatchObject({ state: 'ready', outcomePublished: true });
    expect(stage.bench.events.outcomes).toMatchObject([{ type: 'Transfer Ready', detail: output }]);
  });

  it('fails when the event is not taken, so that the state machine tries again', async () => {
    const { stage, state, ended } = await awaited();
    stage.bench.events.refusals = 1;
    const refused = stage.record(ended);
    await expect(refused).rejects.toMatchObject({ name: 'EventNotPublishedError' });
    expect(await stage.row(state)).toMatchObject({ state: 'ready', outcomePublished: false });
    expect(await stage.record(ended)).toMatchObject({ next: 'succeed' });
    expect(types(stage)).toEqual(['Transfer Ready']);
  });

  it('puts no second event once the first is confirmed', async () => {
    const { stage, ended } = await awaited();
    await stage.record(ended);
    await stage.record(ended);
    expect(types(stage)).toEqual(['Transfer Ready']);
  });

  it('puts the event again when only its confirmation failed', async () => {
    const { stage, state, ended } = await awaited();
    const { patchTransfer } = stage.bench.store;
    let calls = 0;
    stage.ports = {
      ...stage.ports,
      store: {
        ...stage.bench.store,
        patchTransfer: (...given) => {
          if (++calls !== 2) return patchTransfer(...given);
          throw new TransferError('TableUnavailableError', 'no');
        },
      },
    };
    await expect(stage.record(ended)).rejects.toMatchObject({ name: 'TableUnavailableError' });
    await stage.record(ended);
    expect(types(stage)).toEqual(['Transfer Ready', 'Transfer Ready']);
    expect((await stage.row(state)).outcomePublished).toBe(true);
  });

  it('changes nothing for an execution that lost the transfer', async () => {
    const { stage, state, ended } = await awaited();
    const before = await stage.row(state);
    const late = await stage.record(ended, { executionId: 'execution-b' });
    expect(late).toMatchObject({ next: 'fail', error: 'FencedOutError' });
    expect(await stage.row(state)).toEqual(before);
    expect(types(stage)).toEqual([]);
  });

  it('is announced by a later execution where the first could not', async () => {
    const stage = await Stage.set();
    putFilm(stage.bench, 3000);
    stage.bench.events.refusals = 100;
    const first = await walk(stage.bench, film);
    expect(first).toMatchObject({ status: 'failed', error: 'OutcomeNotRecordedError' });
    stage.bench.events.refusals = 0;
    const second = await walk(stage.bench, film, { executionId: 'execution-b' });
    expect(second.output).toMatchObject({ assetId: 'asset-1' });
    expect(types(stage)).toEqual(['Transfer Ready']);
  });
});

describe('RecordOutcome of what is not this execution’s to write', () => {
  it.each(['already-ingested', 'running-elsewhere'])(
    'passes %s on and writes nothing',
    async (status) => {
      const { stage, state } = await awaited();
      const before = await stage.row(state);
      const ending = { status, assetId: 'asset-1' };
      const recorded = await stage.record(
        { next: 'ended', ending },
        { executionId: 'execution-b' },
      );
      expect(recorded).toEqual({ next: 'succeed', output: ending });
      expect(await stage.row(state)).toEqual(before);
      expect(types(stage)).toEqual([]);
    },
  );

  it('lets an execution that was fenced out fail by that name and writes nothing', async () => {
    const { stage, state, recorded } = await failing({ Error: 'FencedOutError', Cause: 'gone' });
    expect(recorded).toMatchObject({ next: 'fail', error: 'FencedOutError' });
    expect(await stage.row(state)).toMatchObject({ state: 'active' });
    expect(types(stage)).toEqual([]);
  });
});

describe('RecordOutcome of a superseded object', () => {
  it('ends well, with a row and an event of its own', async () => {
    const { stage, state } = await awaited();
    const ending = { status: 'superseded', why: 'the object is another one now' };
    const recorded = await stage.record({ ...state, ending });
    expect(recorded).toMatchObject({ next: 'succeed', output: ending });
    expect(await stage.row(state)).toMatchObject({ state: 'superseded', outcomePublished: true });
    expect(types(stage)).toEqual(['Transfer Superseded']);
  });
});

describe('RecordOutcome of a failure', () => {
  const cause = (errorMessage: string) =>
    JSON.stringify({ errorType: 'Error', errorMessage, trace: ['at x (y.js:1:1)'] });

  it('fails by the error’s name, with one line that says what to do', async () => {
    const error = { Error: 'CredentialsRejectedError', Cause: cause('401: the key is refused') };
    const { stage, state, recorded } = await failing(error);
    expect(recorded).toMatchObject({
      next: 'fail',
      error: 'CredentialsRejectedError',
      cause: `401: the key is refused. ${errorCatalogue.CredentialsRejectedError.nextStep}`,
    });
    const told = {
      status: 'failed',
      error: 'CredentialsRejectedError',
      transferId: state.transferId,
    };
    expect(await stage.row(state)).toMatchObject({ state: 'failed', outcome: told });
    expect(stage.bench.events.outcomes).toMatchObject([{ type: 'Transfer Failed', detail: told }]);
  });

  it.each([
    ['Lambda’s JSON', cause('two\nlines\tand\u0007a bell')],
    ['plain text', 'RequestId: 1 Error: Runtime\r\nexited'],
    ['JSON of another form', '{"message":"x\\ny"}'],
    ['JSON that is no object', '"x\\ny"'],
    ['nothing', ''],
    ['a very long text', `${'x'.repeat(40_000)}\ny`],
  ])('makes one short line of %s', async (_, text) => {
    const { recorded } = await failing({ Error: 'Sandbox.Timedout', Cause: text });
    const line = (recorded as { cause: string }).cause;
    expect(line).not.toMatch(/\p{Cc}/u);
    expect(line.length).toBeLessThan(1300);
    expect(line).toContain('start a new execution');
  });

  it('shows no trace', async () => {
    const { recorded } = await failing({ Error: 'UnexpectedError', Cause: cause('TypeError: x') });
    expect((recorded as { cause: string }).cause).toMatch(/^TypeError: x\. (?!.*at x)/);
  });

  it('is that of the transfer also where it failed between taking and saying so', async () => {
    const stage = await Stage.set();
    putFilm(stage.bench, 3000);
    const inspected = await stage.inspect();
    const error = new TransferError('RequestRejectedError', '400: no');
    stage.override({ openSession: () => Promise.reject(error) });
    await expect(stage.open(inspected)).rejects.toBe(error);
    const caught = { Error: error.name, Cause: cause(error.message) };
    const { output } = await stage.record({ ...inspected, error: caught });
    expect(await stage.row(output)).toMatchObject({ state: 'failed', ingestNumber: 1 });
  });

  it('takes the asset of an earlier session for none of its own', async () => {
    const stage = await Stage.set();
    const opened = await stage.opened(3);
    await stage.send(itemOf(opened));
    const error = { Error: 'RoundsExhaustedError', Cause: '' };
    const { output } = await stage.record({ ...opened, error });
    expect(output.assetId).toBeUndefined();
  });
});

describe('RecordOutcome of an error, where another execution has the transfer by now', () => {
  const error = { Error: 'RoundsExhaustedError', Cause: '' };

  /** A failed transfer that another execution takes some time after this one began, and brings over. */
  async function takenOver() {
    const { stage, state, ended, given } = await awaited();
    const row = await stage.row(state);
    const taken = { ...row, owner: 'execution-b', fence: row.fence + 1 };
    await stage.bench.store.takeTransfer(taken, row);
    await stage.record({ ...ended, fence: taken.fence }, { executionId: 'execution-b' });
    return { stage, state, given };
  }

  it.each([
    ['names it', (transferId: string) => ({ transferId })],
    ['was lost before it named it', () => ({})],
  ])('tells nothing, where the state %s', async (_, stateOf) => {
    const { stage, state, given } = await takenOver();
    const late = await stage.record({ ...stateOf(state.transferId), error }, given);
    expect(late).toMatchObject({ next: 'fail', error: 'FencedOutError' });
    expect(types(stage)).toEqual(['Transfer Ready']);
    expect(await stage.bench.store.transfer(rejectionIdOf('execution-a'))).toBeUndefined();
  });

  it('reports a start that went for it while its last owner was silent: that one may be over', async () => {
    const stage = await Stage.set();
    const { transferId } = await stage.opened(3);
    stage.bench.clock.advance(6_000);
    const late = { executionId: 'execution-b', executionStartedAt: stage.bench.clock.now() };
    await stage.bench.store.recordExecution('execution-b', transferId);
    expect(await stage.record({ error }, late)).toMatchObject({ error: 'RoundsExhaustedError' });
    expect(await stage.row({ transferId: rejectionIdOf('execution-b') })).toMatchObject({
      outcomePublished: true,
    });
    expect(types(stage)).toEqual(['Transfer Failed']);
  });

  it('reports nothing for a start that lost it to one that has renewed its lease since', async () => {
    const stage = await Stage.set();
    const early = { executionId: 'execution-b', executionStartedAt: stage.bench.clock.now() };
    stage.bench.clock.advance(6_000);
    const { transferId } = await stage.opened(3);
    await stage.bench.store.recordExecution('execution-b', transferId);
    expect(await stage.record({ error }, early)).toMatchObject({ error: 'FencedOutError' });
    expect(types(stage)).toEqual([]);
  });

  it.each(['failed', 'superseded'] as const)(
    'tells of a start that went for it, where it was made %s: perhaps it was never its own',
    async (state) => {
      const { stage, state: owned, given } = await takenOver();
      const { transferId, fence } = await stage.row(owned);
      await stage.bench.store.patchTransfer(transferId, fence, { state }, stage.bench.clock.now());
      const late = await stage.record({ error }, given);
      expect(late).toMatchObject({ next: 'fail', error: 'RoundsExhaustedError' });
      expect(types(stage)).toEqual(['Transfer Ready', 'Transfer Failed']);
    },
  );
});

describe('N25: RecordOutcome of a refused start', () => {
  const error = { Error: 'InvalidInputError', Cause: 'input.force: no' };

  it('writes a row of its own with the object that was named, and puts the event', async () => {
    const stage = await Stage.set();
    const recorded = await stage.record({ error }, { executionInput: film });
    const transferId = rejectionIdOf('execution-a');
    expect(recorded).toMatchObject({ next: 'fail', error: error.Error, output: { transferId } });
    expect(await stage.row({ transferId })).toMatchObject({
      state: 'refused',
      source: film,
      owner: 'execution-a',
      outcomePublished: true,
      outcome: recorded.output,
    });
    expect(stage.bench.events.outcomes).toMatchObject([
      {
        type: 'Transfer Failed',
        detail: { ...film, error: 'InvalidInputError', execution: 'execution-a' },
      },
    ]);
  });

  it.each([undefined, null, 'films', [], { bucket: 7 }])('bears an input of %j', async (input) => {
    const stage = await Stage.set();
    const recorded = await stage.record({ error }, { executionInput: input });
    expect(recorded).toMatchObject({ next: 'fail', cause: expect.stringContaining('force: no') });
    expect(types(stage)).toEqual(['Transfer Failed']);
  });

  it('names the object also when another field is what was wrong', async () => {
    const stage = await Stage.set();
    const executionInput = { ...film, force: 'yes' };
    const { output } = await stage.record({ error }, { executionInput });
    expect(output).toMatchObject(film);
  });
});
