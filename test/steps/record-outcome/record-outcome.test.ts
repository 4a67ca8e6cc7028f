import { describe, expect, it } from 'vitest';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { film, putFilm } from '../../harness/port-harness.ts';
import { runTransfer } from '../../harness/run-transfer.ts';
import { StepHarness } from '../../harness/step-harness.ts';
import { eventTypes, ready, readyTransfer, recordFailure } from './record-harness.ts';

describe('RecordOutcome of a ready asset', () => {
  it('returns the transfer with its times and counts', async () => {
    const { harness, state, ended, call } = await readyTransfer();
    await harness.doubles.store.incrementRetries(state.transferId, { ThrottledError: 2 });
    const recorded = await harness.record(ended, call);
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
    const harness = await StepHarness.create();
    const opened = await harness.openTransfer(60);
    harness.service.faults.failSend(1, { kind: 'reset' });
    harness.service.faults.failSend(55, { kind: 'reset' });
    await harness.sendAll(opened);
    await harness.doubles.store.incrementRetries(opened.transferId, { NetworkError: 1 });
    const state = await harness.confirm(opened);
    const { output } = await harness.record({ ...state, ending: ready });
    expect(output.retries).toEqual({ NetworkError: 3 });
  });

  it('writes the row, publishes the event, then marks the row as published', async () => {
    const { harness, state, ended } = await readyTransfer();
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
    const { harness, state, ended } = await readyTransfer();
    harness.doubles.events.failures = 1;
    const rejected = harness.record(ended);
    await expect(rejected).rejects.toMatchObject({ name: 'EventNotPublishedError' });
    expect(await harness.row(state)).toMatchObject({ state: 'ready', outcomePublished: false });
    expect(await harness.record(ended)).toMatchObject({ next: 'succeed' });
    expect(eventTypes(harness)).toEqual(['Transfer Ready']);
  });

  it('publishes no second event after the first is marked', async () => {
    const { harness, ended } = await readyTransfer();
    await harness.record(ended);
    await harness.record(ended);
    expect(eventTypes(harness)).toEqual(['Transfer Ready']);
  });

  it('publishes the event again if only the mark failed', async () => {
    const { harness, state, ended } = await readyTransfer();
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
    expect(eventTypes(harness)).toEqual(['Transfer Ready', 'Transfer Ready']);
    expect((await harness.row(state)).outcomePublished).toBe(true);
  });

  it('changes nothing for an execution that lost the transfer', async () => {
    const { harness, state, ended } = await readyTransfer();
    const before = await harness.row(state);
    const late = await harness.record(ended, { executionId: 'execution-b' });
    expect(late).toMatchObject({ next: 'fail', error: 'FencedOutError' });
    expect(await harness.row(state)).toEqual(before);
    expect(eventTypes(harness)).toEqual([]);
  });

  it('is published by a later execution if the first could not publish it', async () => {
    const harness = await StepHarness.create();
    putFilm(harness.doubles, 3000);
    harness.doubles.events.failures = 100;
    const first = await runTransfer(harness.doubles, film);
    expect(first).toMatchObject({ status: 'FAILED', error: 'OutcomeNotRecordedError' });
    harness.doubles.events.failures = 0;
    const second = await runTransfer(harness.doubles, film, { executionId: 'execution-b' });
    expect(second.output).toMatchObject({ assetId: 'asset-1' });
    expect(eventTypes(harness)).toEqual(['Transfer Ready']);
  });
});

describe('RecordOutcome of an execution that does not own the transfer', () => {
  it.each(['already-ingested', 'running-elsewhere'])(
    'returns %s and writes nothing',
    async (status) => {
      const { harness, state } = await readyTransfer();
      const before = await harness.row(state);
      const ending = { status, assetId: 'asset-1' };
      const recorded = await harness.record(
        { next: 'ended', ending },
        { executionId: 'execution-b' },
      );
      expect(recorded).toEqual({ next: 'succeed', output: ending });
      expect(await harness.row(state)).toEqual(before);
      expect(eventTypes(harness)).toEqual([]);
    },
  );

  it('fails a fenced-out execution by that name and writes nothing', async () => {
    const { harness, state, recorded } = await recordFailure({
      Error: 'FencedOutError',
      Cause: 'gone',
    });
    expect(recorded).toMatchObject({ next: 'fail', error: 'FencedOutError' });
    expect(await harness.row(state)).toMatchObject({ state: 'active' });
    expect(eventTypes(harness)).toEqual([]);
  });
});

describe('RecordOutcome of a superseded object', () => {
  it('succeeds, with its own state and event', async () => {
    const { harness, state } = await readyTransfer();
    const ending = { status: 'superseded', why: 'the object is another one now' };
    const recorded = await harness.record({ ...state, ending });
    expect(recorded).toMatchObject({ next: 'succeed', output: ending });
    expect(await harness.row(state)).toMatchObject({ state: 'superseded', outcomePublished: true });
    expect(eventTypes(harness)).toEqual(['Transfer Superseded']);
  });
});
