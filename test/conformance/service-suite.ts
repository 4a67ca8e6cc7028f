import { describe, expect, it } from 'vitest';
import type { DestinationTraits } from '#src/core/transfer/destination.ts';
import { inspectSource } from '#src/steps/inspect-source/inspect-source.ts';
import { type Bench, benchOptions, film, type OpenService, openBench, putFilm } from '../harness/port-harness.ts';
import { DirectUpload, unbroken } from './direct-upload.ts';
import { invocationOf } from '../harness/run-transfer.ts';

const { chunkSizeBytes, maxBytes } = benchOptions;
const fiveChunks = 4 * chunkSizeBytes + 321;

/** What a destination promises by itself, each of its calls made by hand. */
export function describeService(traits: DestinationTraits, open: OpenService): void {
  describe('by its own calls', () => {
    describeSessions(traits, open);
    if (traits.order === 'any') describeAnyOrder(open);
    else describeAscending(open);
    if (traits.maxProofsPerReport > 0) describeReports(traits, open);
    if (traits.finish === 'explicit') describeFinish(traits, open);
    describeLimits(traits, open);
  });
}

function describeSessions(traits: DestinationTraits, open: OpenService): void {
  it('has the traits that these tests were chosen by, and its session the chunk size', async () => {
    const bench = await openBench(open);
    expect(bench.destination.traits).toEqual(traits);
    const upload = await DirectUpload.open(bench, fiveChunks);
    expect(upload.session).toMatchObject({ chunkSizeBytes, totalChunks: 5 });
  });

  it('takes the same chunk twice without harm', async () => {
    const bench = await openBench(open);
    const upload = await DirectUpload.open(bench, fiveChunks);
    for (const index of upload.indexes) await upload.send(index, index);
    expect(await bench.service.storedSha256(await upload.complete())).toBe(upload.sha256);
  });

  it('calls a session that the service forgot expired', async () => {
    const bench = await openBench(open);
    const upload = await DirectUpload.open(bench, fiveChunks);
    await upload.send(1);
    bench.service.forgetSessions();
    const status = await bench.destination.sessionStatus(upload.session, unbroken);
    expect(status.phase).toBe('expired');
    await expect(upload.send(2)).rejects.toMatchObject({ name: 'SessionExpiredError' });
  });

  it('does not know an asset that is deleted', async () => {
    const bench = await openBench(open);
    const upload = await DirectUpload.open(bench, fiveChunks);
    await upload.send(...upload.indexes);
    const assetId = await upload.complete();
    expect((await bench.destination.assetStatus(assetId, unbroken)).phase).toBe('ready');
    bench.service.deleteAsset(assetId);
    expect((await bench.destination.assetStatus(assetId, unbroken)).phase).toBe('missing');
  });
}

function describeAnyOrder(open: OpenService): void {
  it('keeps every byte when chunks arrive backwards', async () => {
    const bench = await openBench(open);
    const upload = await DirectUpload.open(bench, fiveChunks);
    await upload.send(...upload.indexes.toReversed());
    expect(await bench.service.storedSha256(await upload.complete())).toBe(upload.sha256);
  });

  it('keeps every byte when all chunks arrive at once', async () => {
    const bench = await openBench(open);
    const upload = await DirectUpload.open(bench, fiveChunks);
    await Promise.all(upload.indexes.map((index) => upload.send(index)));
    expect(await bench.service.storedSha256(await upload.complete())).toBe(upload.sha256);
  });
}

function describeAscending(open: OpenService): void {
  it('refuses a chunk that would leave a gap, and goes on from there', async () => {
    const bench = await openBench(open);
    const upload = await DirectUpload.open(bench, fiveChunks);
    await upload.send(1);
    const held = new RegExp(`holds ${chunkSizeBytes} bytes`);
    await expect(upload.send(3)).rejects.toMatchObject({ message: expect.stringMatching(held) });
    await upload.send(2, 3, 4, 5);
    expect(await bench.service.storedSha256(await upload.complete())).toBe(upload.sha256);
  });

  it('refuses a chunk that lies before the last one taken', async () => {
    const bench = await openBench(open);
    const upload = await DirectUpload.open(bench, fiveChunks);
    await upload.send(1, 2);
    await expect(upload.send(1)).rejects.toMatchObject({ name: 'ChunkMismatchError' });
  });

  it('opens its session with the first chunk', async () => {
    const bench = await openBench(open);
    const upload = await DirectUpload.open(bench, fiveChunks);
    expect(upload.session.uploadId).toBe('');
    await upload.send(1);
    expect(upload.session.uploadId).not.toBe('');
  });
}

function describeReports({ finish }: DestinationTraits, open: OpenService): void {
  it('is not finished while a proof is missing', async () => {
    const bench = await openBench(open);
    const upload = await DirectUpload.open(bench, fiveChunks);
    await upload.send(...upload.indexes);
    expect((await upload.report(1, 2, 4, 5)).complete).toBe(false);
    const { phase } = await bench.destination.sessionStatus(upload.session, unbroken);
    expect(phase).toBe('active');
    expect(bench.service.assetIds()).toEqual([]);
  });

  it('takes a report again without harm', async () => {
    const bench = await openBench(open);
    const upload = await DirectUpload.open(bench, fiveChunks);
    await upload.send(...upload.indexes);
    expect(await upload.report(1, 2)).toMatchObject({ accepted: 2, duplicates: 0 });
    expect(await upload.report(1, 2, 3)).toMatchObject({ accepted: 1, duplicates: 2 });
    expect(await bench.service.storedSha256(await upload.complete())).toBe(upload.sha256);
  });

  it('counts what is reported', async () => {
    const bench = await openBench(open);
    const upload = await DirectUpload.open(bench, fiveChunks);
    await upload.send(...upload.indexes);
    await upload.report(1, 2);
    const { counts } = await bench.destination.sessionStatus(upload.session, unbroken);
    expect(counts).toEqual({ completed: 2, pending: 3, failed: 0 });
  });

  if (finish === 'on-last-report') {
    it('finishes with the last report, and stays finished when it is made again', async () => {
      const bench = await openBench(open);
      const upload = await DirectUpload.open(bench, fiveChunks);
      await upload.send(...upload.indexes);
      expect((await upload.report()).complete).toBe(true);
      // Whether a service counts it as a duplicate or refuses it is its own affair.
      const again = upload.report().then(
        ({ complete }) => complete,
        (error: Error) => error.name,
      );
      expect([true, 'RequestRejectedError']).toContain(await again);
      const { phase } = await bench.destination.sessionStatus(upload.session, unbroken);
      expect(phase).toBe('completed');
      expect(bench.service.assetIds()).toHaveLength(1);
    });
  }
}

function describeFinish({ wholeDigest }: DestinationTraits, open: OpenService): void {
  it('refuses to finish while one chunk is absent', async () => {
    const bench = await openBench(open);
    const upload = await DirectUpload.open(bench, fiveChunks);
    await upload.send(1, 2, 3, 4);
    await expect(upload.finish(upload.proofsOf(1, 2, 3, 4))).rejects.toMatchObject({
      name: 'RequestRejectedError',
    });
    expect(bench.service.assetIds()).toEqual([]);
    await upload.send(5);
    expect(await bench.service.storedSha256(await upload.complete())).toBe(upload.sha256);
  });

  if (wholeDigest === 'md5') {
    it('refuses to finish with the digest of other bytes', async () => {
      const bench = await openBench(open);
      const upload = await DirectUpload.open(bench, fiveChunks);
      await upload.send(...upload.indexes);
      const other = '0'.repeat(32);
      await expect(
        bench.destination.finish(upload.session, upload.proofsOf(), other, unbroken),
      ).rejects.toMatchObject({ name: 'RequestRejectedError' });
    });
  }
}

function describeLimits({ sessionCreatedBy }: DestinationTraits, open: OpenService): void {
  it('lets an object of the largest size begin', async () => {
    const bench = await openBench(open);
    putFilm(bench, 1, { sizeBytes: maxBytes });
    await expect(inspect(bench)).resolves.toMatchObject({ next: 'open' });
  });

  it('refuses an object of one byte more before anything is opened', async () => {
    const bench = await openBench(open);
    putFilm(bench, 1, { sizeBytes: maxBytes + 1 });
    await expect(inspect(bench)).rejects.toMatchObject({ name: 'SourceTooLargeError' });
    expect(bench.asked.opened).toBe(0);
  });

  if (sessionCreatedBy === 'open') {
    it('has the same limit as its service', async () => {
      const bench = await openBench(open);
      const begin = (sizeBytes: number) => DirectUpload.open(bench, sizeBytes);
      await expect(begin(maxBytes + 1)).rejects.toMatchObject({ name: 'RequestRejectedError' });
      const { session } = await begin(maxBytes);
      expect(session.totalChunks * session.chunkSizeBytes).toBe(maxBytes);
    });
  }
}

async function inspect(bench: Bench): Promise<unknown> {
  expect(bench.destination.limits('video').maxBytes).toBe(maxBytes);
  const invocation = invocationOf(bench);
  return inspectSource(bench.ports, film, invocation).finally(invocation.close);
}
