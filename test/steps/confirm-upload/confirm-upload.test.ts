import { describe, expect, it } from 'vitest';
import { type ErrorName, TransferError } from '#src/core/errors/errors.ts';
import { boundOf } from '#src/core/limits/recovery-bounds.ts';
import type { CrcAlgorithm } from '#src/core/source/source-object.ts';
import type { SessionStatus } from '#src/core/transfer/destination.ts';
import type { TransferStore } from '#src/core/transfer/transfer-store.ts';
import { describeOutcome } from '#src/transfer/outcome.ts';
import { checksumOf, sampleBytes } from '../../doubles/memory/memory-source.ts';
import { chunkBytes, itemOf, type Planned, StepHarness } from '../../harness/step-harness.ts';

const hour = 3600 * 1000;

/** A transfer whose chunks are all sent, and reported unless the service is told not to hear it. */
async function sentAll(chunks = 3) {
  const harness = await StepHarness.set();
  const opened = await harness.opened(chunks);
  return { harness, opened };
}

/** Its chunks were kept by someone who summed nothing up. */
function withoutCrcs(store: TransferStore): TransferStore {
  return {
    ...store,
    chunks: async (...which) => {
      const rows = await store.chunks(...which);
      return new Map([...rows].map(([index, row]) => [index, { ...row, crc: undefined }]));
    },
  };
}

/** A status that the service tells whatever is true. */
function tells(harness: StepHarness, status: SessionStatus): void {
  harness.override({ sessionStatus: async () => status });
}

describe('ConfirmUpload', () => {
  it('passes a completed upload on and writes down what it became', async () => {
    const { harness, opened } = await sentAll();
    await harness.sendAll(opened);
    harness.doubles.clock.advance(5_000);
    const now = harness.doubles.clock.now();
    expect(await harness.confirm(opened)).toMatchObject({ next: 'asset', polls: 0, since: now });
    const written = { assetId: 'asset-1', totalChunks: 3, bytesCompleteAt: now };
    expect(await harness.row(opened)).toMatchObject(written);
  });

  it('sends back a transfer whose chunks are not all proven', async () => {
    const { harness, opened } = await sentAll();
    await harness.send(itemOf({ ...opened, ranges: [{ n: 1, first: 1, last: 2 }] }));
    expect(await harness.confirm(opened)).toMatchObject({ next: 'missing', sessionNumber: 1 });
  });

  it('waits longer before each further round in which a range failed and nothing was stored', async () => {
    const { harness, opened } = await sentAll();
    let state = { ...opened } as Awaited<ReturnType<typeof harness.confirm>>;
    const waits: number[] = [];
    for (const round of [1, 2, 3, 4]) {
      const key = { transferId: opened.transferId, sessionNumber: 1, n: 1 };
      await harness.doubles.store.recordRangeFailure(key, {
        ...{ name: 'NetworkError', disposition: 'retry', message: 'reset' },
        ...{ executionId: 'execution-a', round },
      });
      state = await harness.confirm({ ...state, round });
      waits.push(harness.pause(state).waitSeconds);
    }
    expect(waits).toEqual([2, 3, 5, 7]);
  });

  it('waits while the service has everything and does not say completed', async () => {
    const { harness, opened } = await sentAll();
    await harness.sendAll(opened);
    tells(harness, { phase: 'active', counts: { completed: 3, pending: 0, failed: 0 } });
    let state: { waitSeconds: number; next: string } = opened;
    const waits: number[] = [];
    for (let i = 0; i < 20; i++) {
      state = await harness.confirm(state);
      expect(state.next).toBe('wait');
      waits.push(state.waitSeconds);
    }
    expect(waits.slice(0, 4)).toEqual([2, 3, 5, 7]);
    expect(Math.max(...waits)).toBe(300);
  });

  it('gives up by name when the service never says completed', async () => {
    const { harness, opened } = await sentAll();
    await harness.sendAll(opened);
    tells(harness, { phase: 'active', counts: { completed: 3, pending: 0, failed: 0 } });
    const waiting = await harness.confirm(opened);
    harness.doubles.clock.advance(boundOf('confirmation') * 1000 + 1);
    const given = harness.confirm(waiting);
    await expect(given).rejects.toMatchObject({ name: 'UploadNotConfirmedError' });
  });

  it('does not count the time that sending took against that bound', async () => {
    const { harness, opened } = await sentAll();
    harness.doubles.clock.advance(7 * hour);
    await harness.sendAll(opened);
    tells(harness, { phase: 'active', counts: { completed: 3, pending: 0, failed: 0 } });
    expect(await harness.confirm(opened)).toMatchObject({ next: 'wait' });
  });

  it('waits as long as a throttling service asks', async () => {
    const { harness, opened } = await sentAll();
    const error = new TransferError('ThrottledError', '429', { retryAfterSeconds: 77 });
    harness.override({ sessionStatus: () => Promise.reject(error) });
    expect(await harness.confirm(opened)).toMatchObject({ next: 'wait', waitSeconds: 77 });
    expect((await harness.row(opened)).retries).toEqual({ ThrottledError: 1 });
  });

  it.each(['expired', 'failed'] as const)(
    'asks for a new session where one is %s',
    async (phase) => {
      const { harness, opened } = await sentAll();
      tells(harness, { phase });
      expect(await harness.confirm(opened)).toMatchObject({ next: 'expired' });
    },
  );

  it('asks for a new session where it expires between two calls', async () => {
    const { harness, opened } = await sentAll();
    await harness.send(itemOf(opened));
    const error = new TransferError('SessionExpiredError', '404');
    harness.override({ chunkStates: () => Promise.reject(error) });
    expect(await harness.confirm(opened)).toMatchObject({ next: 'expired' });
  });

  it('believes an asset that is ready rather than a session that is forgotten', async () => {
    const { harness, opened } = await sentAll();
    await harness.sendAll(opened);
    tells(harness, { phase: 'expired' });
    expect(await harness.confirm(opened)).toMatchObject({ next: 'asset' });
  });

  it('fails when the table can’t be reached, so that the state machine tries again', async () => {
    const { harness, opened } = await sentAll();
    await harness.sendAll(opened);
    harness.doubles.store.failNext('patchTransfer');
    const refused = harness.confirm(opened);
    await expect(refused).rejects.toMatchObject({ name: 'TableUnavailableError' });
  });

  it('fails when another execution has the transfer', async () => {
    const { harness, opened } = await sentAll();
    const refused = harness.confirm(opened, { executionId: 'execution-b' });
    await expect(refused).rejects.toMatchObject({ name: 'FencedOutError' });
  });
});

describe('a chunk that the service does not count', () => {
  it('is reported again, three times, then loses its proof and is sent again', async () => {
    const { harness, opened } = await sentAll();
    await harness.send(itemOf(opened));
    harness.service.dropNextReport();
    await harness.report(itemOf(opened));
    let state = opened as { next: string };
    for (let i = 0; i < 3; i++) {
      harness.service.dropNextReport();
      state = await harness.confirm(state);
      expect(state.next).toBe('wait');
    }
    state = await harness.confirm(state);
    expect(state.next).toBe('missing');
    const rows = await harness.doubles.store.chunks(opened.transferId, 1);
    expect(rows.get(2)).toMatchObject({ generation: 1, retiredBecause: expect.any(String) });

    const again = (await harness.open(state)) as Planned;
    await harness.sendAll(again);
    expect(await harness.confirm(again)).toMatchObject({ next: 'asset' });
    expect(harness.doubles.asked.sends).toHaveLength(6);
    expect((await harness.row(opened)).retries).toEqual({ ChunkReportedAgain: 9, ChunkResent: 3 });
  });

  it('is counted at once when only its report was lost', async () => {
    const { harness, opened } = await sentAll();
    await harness.send(itemOf(opened));
    const waiting = await harness.confirm(opened);
    expect(waiting).toMatchObject({ next: 'wait' });
    expect(await harness.confirm(waiting)).toMatchObject({ next: 'asset' });
    expect(harness.doubles.asked.sends).toHaveLength(3);
  });

  it('is reported again without its session’s other chunks', async () => {
    const { harness, opened } = await sentAll();
    await harness.send(itemOf(opened));
    await harness.report({ ...itemOf(opened), range: { n: 1, first: 1, last: 2 } });
    await harness.confirm(opened);
    expect(harness.doubles.asked.reports).toEqual([[1, 2], [3]]);
  });

  it('is sent again alone when the service calls it failed', async () => {
    const { harness, opened } = await sentAll();
    await harness.send(itemOf(opened));
    await harness.report({ ...itemOf(opened), range: { n: 1, first: 1, last: 2 } });
    harness.service.failChunk(2);
    const state = await harness.confirm(opened);
    expect(state).toMatchObject({ next: 'missing' });
    const again = (await harness.open(state)) as Planned;
    await harness.sendAll(again);
    expect(await harness.confirm(again)).toMatchObject({ next: 'asset' });
    expect(harness.doubles.asked.sends.map(({ index }) => index)).toEqual([1, 2, 3, 2]);
  });

  it('is not looked for page by page while all that is known to be missing is unsent', async () => {
    const { harness, opened } = await sentAll();
    const states = () => Promise.reject(new Error('no page was to be read'));
    harness.override({ chunkStates: states });
    expect(await harness.confirm(opened)).toMatchObject({ next: 'missing' });
  });
});

describe('an error that a range left', () => {
  const failure = (name: ErrorName, changes: object = {}) => ({
    ...{ name, disposition: name === 'RequestRejectedError' ? 'fail' : 'retry', message: 'no' },
    ...{ executionId: 'execution-a', round: 1, ...changes },
  });

  async function left(error: object) {
    const { harness, opened } = await sentAll();
    const key = { transferId: opened.transferId, sessionNumber: 1, n: 1 };
    await harness.doubles.store.recordRangeFailure(key, error as never);
    return harness.confirm(opened);
  }

  it('for good ends the execution by its name', async () => {
    const ended = left(failure('RequestRejectedError'));
    await expect(ended).rejects.toMatchObject({ name: 'RequestRejectedError', message: 'no' });
  });

  it.each([
    ['that may pass', failure('NetworkError')],
    ['of a table that can be read again', failure('TableUnavailableError')],
    ['of an earlier round', failure('RequestRejectedError', { round: 0 })],
    ['of another execution', failure('RequestRejectedError', { executionId: 'execution-z' })],
  ])('%s does not', async (_, error) => {
    expect(await left(error)).toMatchObject({ next: 'missing' });
  });

  it('is of no account once the service has everything', async () => {
    const { harness, opened } = await sentAll();
    await harness.sendAll(opened);
    const key = { transferId: opened.transferId, sessionNumber: 1, n: 1 };
    const error = failure('RequestRejectedError');
    await harness.doubles.store.recordRangeFailure(key, error as never);
    expect(await harness.confirm(opened)).toMatchObject({ next: 'asset' });
  });

  it('because the object was overwritten ends the transfer as superseded', async () => {
    const { harness, opened } = await sentAll();
    harness.doubles.source.delete({ bucket: 'films', key: 'reels/film.mp4' });
    await harness.sendAll(opened);
    expect(await harness.confirm(opened)).toMatchObject({
      next: 'ended',
      ending: { status: 'superseded', transferId: opened.transferId, key: 'reels/film.mp4' },
    });
  });
});

describe('the checksum of the whole object', () => {
  const algorithms: CrcAlgorithm[] = ['CRC32', 'CRC32C', 'CRC64NVME'];

  it.each(algorithms)('%s is that of the chunks that were sent', async (algorithm) => {
    const harness = await StepHarness.set();
    const checksum = await checksumOf(algorithm, sampleBytes(5 * chunkBytes));
    const opened = await harness.opened(5, { checksum });
    await harness.sendAll(opened);
    expect(await harness.confirm(opened)).toMatchObject({ next: 'asset' });
  });

  it.each(algorithms)('%s that differs ends the transfer by name', async (algorithm) => {
    const harness = await StepHarness.set();
    const checksum = await checksumOf(algorithm, sampleBytes(5 * chunkBytes, 'another film'));
    const opened = await harness.opened(5, { checksum });
    await harness.sendAll(opened);
    await expect(harness.confirm(opened)).rejects.toMatchObject({
      name: 'SourceChecksumMismatchError',
      message: expect.stringContaining(checksum.value),
    });
    // A person is told to delete the asset, so its id must be known.
    expect(await harness.row(opened)).toMatchObject({ assetId: 'asset-1' });
  });

  it.each([
    ['agrees', 'film', 'asset'],
    ['differs', 'another film', 'SourceChecksumMismatchError'],
  ])(
    'that %s is compared also where a proof was retired whose bytes had arrived',
    async (_, content, end) => {
      const harness = await StepHarness.set();
      const checksum = await checksumOf('CRC32', sampleBytes(5 * chunkBytes, content));
      const opened = await harness.opened(5, { checksum });
      await harness.sendAll(opened);
      await harness.doubles.store.retireProof(
        opened.transferId,
        1,
        2,
        1,
        'the service rejects its proof',
      );
      const confirmed = harness.confirm(opened).then(
        ({ next }) => next,
        ({ name }) => name,
      );
      expect(await confirmed).toBe(end);
    },
  );

  it('that could not be compared is told as such, not as compared', async () => {
    const harness = await StepHarness.set();
    const checksum = await checksumOf('CRC32', sampleBytes(5 * chunkBytes));
    const opened = await harness.opened(5, { checksum });
    await harness.sendAll(opened);
    harness.ports = { ...harness.ports, store: withoutCrcs(harness.ports.store) };
    expect(await harness.confirm(opened)).toMatchObject({ next: 'asset' });
    const told = await describeOutcome(
      harness.ports,
      await harness.row(opened),
      { executionStartedAt: 0 },
      {},
    );
    expect(told).toMatchObject({ checksum: 'none', checksumNotCompared: 'FULL_OBJECT CRC32' });
  });

  it('of another kind is named in what is told', async () => {
    const harness = await StepHarness.set();
    const opened = await harness.opened(5, { otherChecksum: 'COMPOSITE SHA256' });
    await harness.sendAll(opened);
    await harness.confirm(opened);
    const told = await describeOutcome(
      harness.ports,
      await harness.row(opened),
      { executionStartedAt: 0 },
      {},
    );
    expect(told).toMatchObject({ checksum: 'none', checksumNotCompared: 'COMPOSITE SHA256' });
  });
});

describe('a service that is mistaken', () => {
  it('in calling an upload complete of which a chunk was never sent is not believed', async () => {
    const harness = await StepHarness.set();
    const opened = await harness.opened(3);
    await harness.send(itemOf({ ...opened, ranges: [{ n: 1, first: 1, last: 2 }] }));
    harness.override({ sessionStatus: async () => ({ phase: 'completed' }) });
    await expect(harness.confirm(opened)).rejects.toMatchObject({
      name: 'ProtocolViolationError',
      message: 'the service reports the upload as complete, but only 2 of its 3 chunks were sent',
    });
    expect((await harness.row(opened)).bytesCompleteAt).toBeUndefined();
  });
});

it('a late call about a replaced session leaves the new one’s asset in the row', async () => {
  const { harness, opened } = await sentAll();
  const { ports } = harness;
  const held = Promise.withResolvers<void>();
  const { sessionStatus } = ports.destination;
  harness.override({
    sessionStatus: async (...given) => {
      const status = await sessionStatus(...given);
      await held.promise;
      return status;
    },
  });
  await harness.sendAll(opened);
  // As if the reply to the last report had been lost: the receipts do not say that it is complete.
  await harness.doubles.store.withdrawReceipts(opened.transferId, 1);
  const late = harness.confirm(opened, { invocationId: 'late' });
  late.catch(() => {});
  await new Promise(setImmediate);
  harness.ports = ports;
  harness.override({
    sessionStatus: async () => ({ phase: 'expired' }),
    assetStatus: async () => ({ phase: 'missing' }),
  });
  const again = (await harness.open({ ...opened, next: 'expired' })) as Planned;
  harness.ports = ports;
  await harness.sendAll(again);
  await harness.confirm(again);
  held.resolve();
  await expect(late).rejects.toMatchObject({ name: 'FencedOutError' });
  expect(await harness.row(opened)).toMatchObject({ sessionNumber: 2, assetId: 'asset-2' });
});
