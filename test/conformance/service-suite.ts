import { expect } from 'vitest';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { DestinationTraits } from '#src/core/transfer/destination.ts';
import { inspectSource } from '#src/steps/inspect-source/inspect-source.ts';
import { invocationOf } from '../harness/invocation.ts';
import {
  film,
  type OpenService,
  openPortHarness,
  type PortHarness,
  putFilm,
  serviceDefaults,
} from '../harness/port-harness.ts';
import { describe, it } from './behaviours.ts';
import { DirectUpload, storedBytes, unbroken } from './direct-upload.ts';

const { chunkSizeBytes, maxBytes } = serviceDefaults;
const fiveChunks = 4 * chunkSizeBytes + 321;

/** Describes the calls of a destination without the engine. */
export function describeService(traits: DestinationTraits, open: OpenService): void {
  describe('by its own calls', () => {
    describeSessions(traits, open);
    if (traits.order === 'any') describeAnyOrder(open);
    else describeAscending(open);
    if (traits.sessionCreatedBy === 'first-chunk') describeFirstChunk(open);
    if (traits.maxProofsPerReport > 0) describeReports(traits, open);
    if (traits.finish === 'explicit') describeFinish(traits, open);
    describeLimits(traits, open);
  });
}

function describeSessions(traits: DestinationTraits, open: OpenService): void {
  it('has the traits that select these tests, and a session with the chunk size', async () => {
    const harness = await openPortHarness(open);
    expect(harness.destination.traits).toEqual(traits);
    const upload = await DirectUpload.open(harness, fiveChunks);
    expect(upload.session).toMatchObject({ chunkSizeBytes, totalChunks: 5 });
  });

  it('accepts the same chunk twice', async () => {
    const harness = await openPortHarness(open);
    const upload = await DirectUpload.open(harness, fiveChunks);
    for (const index of upload.indexes) await upload.send(index, index);
    expect(await harness.service.storedSha256(await upload.complete()), storedBytes).toBe(
      upload.sha256,
    );
  });

  it('reports a forgotten session as expired', async () => {
    const harness = await openPortHarness(open);
    const upload = await DirectUpload.open(harness, fiveChunks);
    await upload.send(1);
    await harness.service.forgetSessions();
    const status = await harness.destination.sessionStatus(upload.session, unbroken);
    expect(status.phase).toBe('expired');
    await expect(upload.send(2)).rejects.toMatchObject({ name: 'SessionExpiredError' });
  });

  it('reports a deleted asset as missing', async () => {
    const harness = await openPortHarness(open);
    const upload = await DirectUpload.open(harness, fiveChunks);
    await upload.send(...upload.indexes);
    const assetId = await upload.complete();
    expect((await harness.destination.assetStatus(assetId, unbroken)).phase).toBe('ready');
    await harness.service.deleteAsset(assetId);
    expect((await harness.destination.assetStatus(assetId, unbroken)).phase).toBe('missing');
  });
}

function describeAnyOrder(open: OpenService): void {
  it('stores every byte of chunks in reverse order', async () => {
    const harness = await openPortHarness(open);
    const upload = await DirectUpload.open(harness, fiveChunks);
    await upload.send(...upload.indexes.toReversed());
    expect(await harness.service.storedSha256(await upload.complete()), storedBytes).toBe(
      upload.sha256,
    );
  });

  it('stores every byte of concurrent chunks', async () => {
    const harness = await openPortHarness(open);
    const upload = await DirectUpload.open(harness, fiveChunks);
    await Promise.all(upload.indexes.map((index) => upload.send(index)));
    expect(await harness.service.storedSha256(await upload.complete()), storedBytes).toBe(
      upload.sha256,
    );
  });
}

function describeAscending(open: OpenService): void {
  it('rejects a chunk that leaves a gap, and continues', async () => {
    const harness = await openPortHarness(open);
    const upload = await DirectUpload.open(harness, fiveChunks);
    await upload.send(1);
    const held = new RegExp(`holds ${chunkSizeBytes} bytes`);
    await expect(upload.send(3)).rejects.toMatchObject({ message: expect.stringMatching(held) });
    await upload.send(2, 3, 4, 5);
    expect(await harness.service.storedSha256(await upload.complete()), storedBytes).toBe(
      upload.sha256,
    );
  });

  it('rejects a chunk before the last accepted chunk', async () => {
    const harness = await openPortHarness(open);
    const upload = await DirectUpload.open(harness, fiveChunks);
    await upload.send(1, 2);
    await expect(upload.send(1)).rejects.toMatchObject({ name: 'ChunkMismatchError' });
  });
}

function describeFirstChunk(open: OpenService): void {
  it('opens its session with the first chunk', async () => {
    const harness = await openPortHarness(open);
    const upload = await DirectUpload.open(harness, fiveChunks);
    expect(upload.session.uploadId).toBe('');
    await upload.send(1);
    expect(upload.session.uploadId).not.toBe('');
  });
}

function describeReports({ finish }: DestinationTraits, open: OpenService): void {
  it('is not complete while a proof is missing', async () => {
    const harness = await openPortHarness(open);
    const upload = await DirectUpload.open(harness, fiveChunks);
    await upload.send(...upload.indexes);
    expect((await upload.report(1, 2, 4, 5)).complete).toBe(false);
    const { phase } = await harness.destination.sessionStatus(upload.session, unbroken);
    expect(phase).toBe('active');
    expect(await harness.service.assetIds()).toEqual([]);
  });

  it('accepts a repeated report', async () => {
    const harness = await openPortHarness(open);
    const upload = await DirectUpload.open(harness, fiveChunks);
    await upload.send(...upload.indexes);
    expect(await upload.report(1, 2)).toMatchObject({ accepted: 2, duplicates: 0 });
    expect(await upload.report(1, 2, 3)).toMatchObject({ accepted: 1, duplicates: 2 });
    expect(await harness.service.storedSha256(await upload.complete()), storedBytes).toBe(
      upload.sha256,
    );
  });

  it('counts reported chunks', async () => {
    const harness = await openPortHarness(open);
    const upload = await DirectUpload.open(harness, fiveChunks);
    await upload.send(...upload.indexes);
    await upload.report(1, 2);
    const { counts } = await harness.destination.sessionStatus(upload.session, unbroken);
    expect(counts).toEqual({ completed: 2, pending: 3, failed: 0 });
  });

  if (finish === 'on-last-report') {
    it('completes with the last report, and stays complete after a repeated report', async () => {
      const harness = await openPortHarness(open);
      const upload = await DirectUpload.open(harness, fiveChunks);
      await upload.send(...upload.indexes);
      expect((await upload.report()).complete).toBe(true);
      // A service may count the repeated report as duplicate or reject it.
      const again = upload.report().then(
        ({ complete }) => complete,
        (error: Error) => error.name,
      );
      expect([true, 'RequestRejectedError']).toContain(await again);
      const { phase } = await harness.destination.sessionStatus(upload.session, unbroken);
      expect(phase).toBe('completed');
      expect(await harness.service.assetIds()).toHaveLength(1);
    });
  }
}

function describeFinish({ wholeDigest }: DestinationTraits, open: OpenService): void {
  it('names the asset with its finish and not before', async () => {
    const harness = await openPortHarness(open);
    const upload = await DirectUpload.open(harness, fiveChunks);
    await upload.send(...upload.indexes);
    expect(upload.session.assetId).toBeUndefined();
    await upload.finish();
    expect(upload.session.assetId).toBeTruthy();
  });

  it('rejects a finish while one chunk is missing', async () => {
    const harness = await openPortHarness(open);
    const upload = await DirectUpload.open(harness, fiveChunks);
    await upload.send(1, 2, 3, 4);
    await expect(upload.finish(upload.proofsOf(1, 2, 3, 4))).rejects.toMatchObject({
      name: 'RequestRejectedError',
    });
    expect(await harness.service.assetIds()).toEqual([]);
    await upload.send(5);
    expect(await harness.service.storedSha256(await upload.complete()), storedBytes).toBe(
      upload.sha256,
    );
  });

  it('rejects a finish that has all proofs if the service lacks a chunk', async () => {
    const harness = await openPortHarness(open);
    const upload = await DirectUpload.open(harness, fiveChunks);
    await upload.send(1, 2, 3, 4);
    const [proof] = upload.proofsOf(4);
    if (!proof) throw new Error('chunk 4 has no proof');
    const proofs = [...upload.proofsOf(1, 2, 3, 4), { ...proof, index: 5 }];
    const result = await upload.finish(proofs).catch((error: unknown) => error);
    expect(result, 'the finish of an incomplete upload').toBeInstanceOf(TransferError);
    expect(await harness.service.assetIds()).toEqual([]);
  });

  if (wholeDigest === 'md5') {
    it('rejects a finish with the digest of other bytes', async () => {
      const harness = await openPortHarness(open);
      const upload = await DirectUpload.open(harness, fiveChunks);
      await upload.send(...upload.indexes);
      const other = '0'.repeat(32);
      await expect(
        harness.destination.finish(upload.session, upload.proofsOf(), other, unbroken),
      ).rejects.toMatchObject({ name: 'RequestRejectedError' });
    });
  }
}

function describeLimits({ sessionCreatedBy }: DestinationTraits, open: OpenService): void {
  it('accepts an object of the maximum size', async () => {
    const harness = await openPortHarness(open);
    putFilm(harness, 1, { sizeBytes: maxBytes });
    expect(await inspect(harness)).toMatchObject({ next: 'open' });
  });

  it('rejects an object of one byte more before a session opens', async () => {
    const harness = await openPortHarness(open);
    putFilm(harness, 1, { sizeBytes: maxBytes + 1 });
    await expect(inspect(harness)).rejects.toMatchObject({ name: 'SourceTooLargeError' });
    expect(harness.calls.opened).toBe(0);
  });

  if (sessionCreatedBy === 'open') {
    it('has the same limit as its service', async () => {
      const harness = await openPortHarness(open);
      const begin = (sizeBytes: number) => DirectUpload.open(harness, sizeBytes);
      const larger = await begin(maxBytes + 1).catch((error: Error) => error.name);
      expect(larger, 'a session of one byte more').toBe('RequestRejectedError');
      const { session } = await begin(maxBytes);
      expect(session.totalChunks * session.chunkSizeBytes).toBe(maxBytes);
    });
  }
}

async function inspect(harness: PortHarness): Promise<unknown> {
  expect(harness.destination.accept(film).maxBytes, 'maxBytes of accept').toBe(maxBytes);
  const invocation = invocationOf(harness);
  return inspectSource(harness.ports, film, invocation).finally(invocation.close);
}
