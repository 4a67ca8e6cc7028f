import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { lengthOf } from '#src/core/source/byte-range.ts';
import type { SourceObject } from '#src/core/source/source-object.ts';
import { type Chunk, chunkAt } from '#src/core/transfer/chunk-plan.ts';
import type { ChunkProof } from '#src/core/transfer/chunk-proof.ts';
import type {
  ChunkBody,
  ChunkDelivery,
  ReportReceipt,
  UploadSession,
} from '#src/core/transfer/destination.ts';
import { sampleBytes } from '../doubles/memory/memory-source.ts';
import { film, type PortHarness } from '../harness/port-harness.ts';

/** Call options that never abort. */
export const unbroken = { signal: new AbortController().signal };

/** What a comparison of digests compares, for the message of its failure. */
export const storedBytes = 'SHA-256 of the stored bytes';

/** Returns an object that is not read: a session needs only its size. */
function objectOf(sizeBytes: number): SourceObject {
  return { ...film, etag: 'e1', sizeBytes };
}

/** One upload by direct calls of the destination, without the engine. */
export class DirectUpload {
  session: UploadSession;
  readonly sha256: string;
  readonly proofs = new Map<number, ChunkProof>();
  /** The last delivery of each chunk. */
  readonly deliveries = new Map<number, ChunkDelivery>();
  readonly #harness: PortHarness;
  readonly bytes: Buffer;

  private constructor(harness: PortHarness, bytes: Buffer, session: UploadSession) {
    this.#harness = harness;
    this.bytes = bytes;
    this.session = session;
    this.sha256 = createHash('sha256').update(bytes).digest('hex');
  }

  static async open(harness: PortHarness, sizeBytes: number): Promise<DirectUpload> {
    const request = {
      source: objectOf(sizeBytes),
      kind: harness.destination.accept(film).kind,
      filename: 'film.mp4',
      options: {},
    };
    const session = await harness.destination.openSession(request, unbroken);
    return new DirectUpload(harness, sampleBytes(sizeBytes), session);
  }

  /** The indexes of all chunks, ascending. */
  get indexes(): number[] {
    return Array.from({ length: this.session.totalChunks }, (_, i) => i + 1);
  }

  /** Sends chunks in sequence and stores their proofs and the updated session. */
  async send(...indexes: number[]): Promise<void> {
    for (const index of indexes) {
      const chunk = chunkAt(index, this.bytes.length, this.session.chunkSizeBytes);
      const body = this.#bodyOf(chunk);
      const delivery = await this.#harness.destination.sendChunk(
        this.session,
        chunk,
        body,
        unbroken,
      );
      this.session = delivery.session ?? this.session;
      this.deliveries.set(index, delivery);
      const md5 = createHash('md5').update(this.#bytesOf(chunk)).digest('hex');
      this.proofs.set(index, { index, sizeBytes: body.sizeBytes, proof: delivery.proof, md5 });
    }
  }

  /** Returns the stored proofs of the given chunks. Default: all. */
  proofsOf(...indexes: number[]): ChunkProof[] {
    const wanted = indexes.length > 0 ? indexes : this.indexes;
    return wanted.flatMap((index) => this.proofs.get(index) ?? []);
  }

  async report(...indexes: number[]): Promise<ReportReceipt> {
    return this.#harness.destination.reportProofs(
      this.session,
      this.proofsOf(...indexes),
      unbroken,
    );
  }

  /** Finishes the session with the MD5 of the object. */
  async finish(proofs = this.proofsOf()): Promise<void> {
    const md5 = createHash('md5').update(this.bytes).digest('hex');
    this.session = await this.#harness.destination.finish(this.session, proofs, md5, unbroken);
  }

  /** Reports and finishes as the traits require, and returns the asset's id. */
  async complete(): Promise<string> {
    const { traits } = this.#harness.destination;
    if (traits.maxProofsPerReport > 0) await this.report();
    if (traits.finish === 'explicit') await this.finish();
    const { assetId = '' } = this.session;
    expect(assetId, 'the asset id of a complete upload').not.toBe('');
    return assetId;
  }

  #bytesOf({ range }: Chunk): Buffer {
    return this.bytes.subarray(range.start, range.endInclusive + 1);
  }

  #bodyOf(chunk: Chunk): ChunkBody {
    const bytes = this.#bytesOf(chunk);
    return {
      sizeBytes: lengthOf(chunk.range),
      open: async function* () {
        yield bytes;
      },
    };
  }
}
