import { createHash } from 'node:crypto';
import { lengthOf } from '#src/core/source/byte-range.ts';
import type { SourceObject } from '#src/core/source/source-object.ts';
import { type Chunk, chunkAt } from '#src/core/transfer/chunk-plan.ts';
import type { ChunkProof } from '#src/core/transfer/chunk-proof.ts';
import type { ChunkBody, ReportReceipt, UploadSession } from '#src/core/transfer/destination.ts';
import { sampleBytes } from '../doubles/memory/memory-source.ts';
import { type Bench, film } from '../harness/port-harness.ts';

/** Nothing here is ever broken off. */
export const unbroken = { signal: new AbortController().signal };

/** An object that nobody reads: only its size matters to a service that opens a session for it. */
function objectOf(sizeBytes: number): SourceObject {
  return { ...film, etag: 'e1', sizeBytes };
}

/** One upload by hand: the destination's own calls, without the engine between. */
export class DirectUpload {
  session: UploadSession;
  readonly sha256: string;
  readonly proofs = new Map<number, ChunkProof>();
  readonly #bench: Bench;
  readonly #bytes: Buffer;

  private constructor(bench: Bench, bytes: Buffer, session: UploadSession) {
    this.#bench = bench;
    this.#bytes = bytes;
    this.session = session;
    this.sha256 = createHash('sha256').update(bytes).digest('hex');
  }

  static async open(bench: Bench, sizeBytes: number): Promise<DirectUpload> {
    const request = {
      source: objectOf(sizeBytes),
      mediaType: 'video' as const,
      filename: 'film.mp4',
    };
    const session = await bench.destination.openSession(request, unbroken);
    return new DirectUpload(bench, sampleBytes(sizeBytes), session);
  }

  /** Indexes of all chunks, ascending. */
  get indexes(): number[] {
    return Array.from({ length: this.session.totalChunks }, (_, i) => i + 1);
  }

  /** Sends chunks one after the other; each one's proof is kept, and the session as it then stands. */
  async send(...indexes: number[]): Promise<void> {
    for (const index of indexes) {
      const chunk = chunkAt(index, this.#bytes.length, this.session.chunkSizeBytes);
      const body = this.#bodyOf(chunk);
      const delivery = await this.#bench.destination.sendChunk(this.session, chunk, body, unbroken);
      this.session = delivery.session ?? this.session;
      const md5 = createHash('md5').update(this.#bytesOf(chunk)).digest('hex');
      this.proofs.set(index, { index, sizeBytes: body.sizeBytes, proof: delivery.proof, md5 });
    }
  }

  /** The kept proofs of these chunks, or of all. */
  proofsOf(...indexes: number[]): ChunkProof[] {
    const wanted = indexes.length > 0 ? indexes : this.indexes;
    return wanted.flatMap((index) => this.proofs.get(index) ?? []);
  }

  async report(...indexes: number[]): Promise<ReportReceipt> {
    return this.#bench.destination.reportProofs(this.session, this.proofsOf(...indexes), unbroken);
  }

  /** Tells the service that all is sent, with the MD5 of the object; one that needs no telling is left alone. */
  async finish(proofs = this.proofsOf()): Promise<void> {
    const md5 = createHash('md5').update(this.#bytes).digest('hex');
    this.session = await this.#bench.destination.finish(this.session, proofs, md5, unbroken);
  }

  /** Reports and finishes, whichever the service wants, and gives the asset's id. */
  async complete(): Promise<string> {
    const { traits } = this.#bench.destination;
    if (traits.maxProofsPerReport > 0) await this.report();
    if (traits.finish === 'explicit') await this.finish();
    return this.session.assetId ?? '';
  }

  #bytesOf({ range }: Chunk): Buffer {
    return this.#bytes.subarray(range.start, range.endInclusive + 1);
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
