import { describe, expect, it } from 'vitest';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { Negotiated } from '../../doubles/destinations/negotiated.ts';
import { Serial } from '../../doubles/destinations/serial.ts';
import { itemOf, StepHarness } from '../../harness/step-harness.ts';
import { planRange, rangeRow, sentIndexes } from './send-harness.ts';

/** One range for the whole film. */
const oneSender = { mapConcurrency: 1 };

const first = (count: number, from = 1) => Array.from({ length: count }, (_, i) => from + i);

describe('SendChunks reports', () => {
  it('the proofs of a complete range in one call', async () => {
    const { harness, item } = await planRange(10);
    expect(await harness.send(item)).toMatchObject({ next: 'sent' });
    expect(harness.doubles.calls.reports).toEqual([first(10)]);
  });

  it('batches while it sends, and the rest at the end', async () => {
    const { harness, item } = await planRange(120, { ...oneSender, chunksInFlight: 1 });
    const reportedAfter: number[] = [];
    const { reportProofs } = harness.ports.destination;
    harness.override({
      reportProofs: (...args) => {
        reportedAfter.push(sentIndexes(harness).length);
        return reportProofs(...args);
      },
    });
    await harness.send(item);
    expect(harness.doubles.calls.reports).toEqual([first(50), first(50, 51), first(20, 101)]);
    expect(reportedAfter[0]).toBeLessThan(60);
    expect(reportedAfter[1]).toBeLessThan(110);
  });

  it('one batch at a time, however slow the reports are', async () => {
    const { harness, item } = await planRange(160, oneSender);
    let [atOnce, most] = [0, 0];
    const { reportProofs } = harness.ports.destination;
    harness.override({
      reportProofs: async (...args) => {
        most = Math.max(most, ++atOnce);
        await new Promise((done) => setImmediate(done));
        atOnce--;
        return reportProofs(...args);
      },
    });
    await harness.send(item);
    expect(most).toBe(1);
    expect(harness.doubles.calls.reports.flat().sort((a, b) => a - b)).toEqual(first(160));
  });

  it('in calls of the size that the service accepts', async () => {
    const harness = await StepHarness.createWith(
      (clock, options) => new Negotiated(clock, options),
      {},
      oneSender,
    );
    harness.override({ traits: { ...harness.ports.destination.traits, maxProofsPerReport: 20 } });
    const opened = await harness.openTransfer(50);
    await harness.send(itemOf(opened));
    expect(harness.doubles.calls.reports.map(({ length }) => length)).toEqual([20, 20, 10]);
  });

  it('nothing if the service takes no reports', async () => {
    const harness = await StepHarness.createWith((clock, options) => new Serial(clock, options));
    const opened = await harness.openTransfer(3);
    await harness.send(itemOf(opened));
    expect(harness.doubles.calls.reports).toEqual([]);
  });

  it('only after the proof is stored', async () => {
    const { harness, item, opened } = await planRange(60, oneSender);
    const { reportProofs } = harness.ports.destination;
    harness.override({
      reportProofs: async (session, proofs, options) => {
        const rows = await harness.doubles.store.chunks(opened.transferId, 1);
        expect(proofs.map(({ index }) => rows.get(index)?.proof)).toEqual(
          proofs.map(({ proof }) => proof),
        );
        return reportProofs(session, proofs, options);
      },
    });
    await harness.send(item);
    expect(harness.doubles.calls.reports.flat()).toHaveLength(60);
  });

  it('what a sender stored before it died, and not what has a receipt', async () => {
    const { harness, item } = await planRange(60, { ...oneSender, chunksInFlight: 1 });
    const { sendChunk } = harness.ports.destination;
    const down = new TransferError('ServiceUnavailableError', '503', { origin: 'storage' });
    harness.override({
      sendChunk: (session, chunk, ...rest) =>
        chunk.index > 55 ? Promise.reject(down) : sendChunk(session, chunk, ...rest),
    });
    expect(await harness.send(item)).toMatchObject({ next: 'more' });
    expect(harness.doubles.calls.reports).toEqual([first(50)]);
    harness.doubles.calls.reports.length = 0;
    harness.override({ sendChunk });
    expect(await harness.send(item)).toMatchObject({ next: 'sent' });
    expect(harness.doubles.calls.reports.flat().sort((a, b) => a - b)).toEqual(first(10, 51));
  });

  it('a complete range whose last sender died before its report', async () => {
    const { harness, item } = await planRange(3);
    const { reportProofs } = harness.ports.destination;
    harness.override({ reportProofs: () => Promise.reject(new Error('killed')) });
    await harness.send(item);
    harness.override({ reportProofs });
    expect(await harness.send(item)).toMatchObject({ next: 'sent' });
    expect(harness.doubles.calls.reports).toEqual([[1, 2, 3]]);
    expect(sentIndexes(harness)).toHaveLength(3);
  });

  it('again after a transient error, and counts the retry', async () => {
    const { harness, item, opened } = await planRange(3);
    harness.service.faults.failCall('report', 'throttled');
    await harness.send(item);
    expect(harness.doubles.calls.reports).toHaveLength(2);
    expect((await rangeRow(harness, opened))?.retries).toEqual({ ThrottledError: 1 });
  });
});

describe('a report that fails', () => {
  const rejection = new TransferError('RequestRejectedError', '400: no');

  it('by rejection leaves the range sent, and its error in the row: ConfirmUpload finds the bad proof', async () => {
    const { harness, item, opened } = await planRange(3);
    harness.override({ reportProofs: () => Promise.reject(rejection) });
    expect(await harness.send(item)).toMatchObject({ next: 'sent' });
    expect((await rangeRow(harness, opened))?.error).toMatchObject({
      name: rejection.name,
      message: '400: no',
      disposition: 'retry',
    });
  });

  it('by rejection in the middle of a range does not stop its chunks', async () => {
    const { harness, item } = await planRange(120, oneSender);
    harness.override({ reportProofs: () => Promise.reject(rejection) });
    expect(await harness.send(item)).toMatchObject({ next: 'sent' });
    expect(sentIndexes(harness)).toHaveLength(120);
  });

  it('finally stops the range and its round', async () => {
    const { harness, item, opened } = await planRange(400, oneSender);
    const denied = new TransferError('CredentialsRejectedError', '401');
    harness.override({ reportProofs: () => Promise.reject(denied) });
    expect(await harness.send(item)).toMatchObject({ next: 'stop' });
    expect(sentIndexes(harness).length).toBeLessThan(120);
    expect((await rangeRow(harness, opened))?.error).toMatchObject({ name: denied.name });
    expect((await harness.row(opened)).haltedRound).toBe('execution-a#1');
  });

  it('for a while leaves the range sent with a transient error', async () => {
    const { harness, item, opened } = await planRange(3);
    const down = new TransferError('ServiceUnavailableError', '503');
    harness.override({ reportProofs: () => Promise.reject(down) });
    expect(await harness.send(item)).toMatchObject({ next: 'sent' });
    expect((await rangeRow(harness, opened))?.error).toMatchObject({ disposition: 'retry' });
  });
});
