import { createHash } from 'node:crypto';
import { TransferError } from '#src/core/errors/errors.ts';
import { type ByteRange, lengthOf } from '#src/core/source/byte-range.ts';
import type { SourceObject } from '#src/core/source/source-object.ts';
import type { ChunkProof } from '#src/core/transfer/chunk-proof.ts';
import type { ChunkBody } from '#src/core/transfer/destination.ts';
import type { Needs } from '#src/transfer/step.ts';
import type { ProgressWatch } from './progress-watch.ts';

type DigestPorts = Needs<'source' | 'newCrc'>;

/** Digests of the bytes of one chunk. */
export type ChunkDigests = Pick<ChunkProof, 'md5' | 'crc'>;

/** A chunk's body that hashes its bytes while they are read. Memory holds the digests, not the bytes. */
export class DigestedBody implements ChunkBody {
  readonly sizeBytes: number;
  readonly #ports: DigestPorts;
  readonly #object: SourceObject;
  readonly #range: ByteRange;
  readonly #watch: ProgressWatch;
  #digests: ChunkDigests | undefined;

  constructor(ports: DigestPorts, object: SourceObject, range: ByteRange, watch: ProgressWatch) {
    this.sizeBytes = lengthOf(range);
    this.#ports = ports;
    this.#object = object;
    this.#range = range;
    this.#watch = watch;
  }

  /** Reads the range of the source, from its start. */
  async *open(): AsyncGenerator<Uint8Array> {
    this.#digests = undefined;
    const { checksum } = this.#object;
    const md5 = createHash('md5');
    const crc = checksum && (await this.#ports.newCrc(checksum.algorithm));
    const watch = this.#watch;
    watch.reading();
    for await (const bytes of this.#ports.source.read(this.#object, this.#range, watch.signal)) {
      watch.sending(bytes.byteLength);
      md5.update(bytes);
      crc?.update(bytes);
      yield bytes;
      watch.reading();
    }
    watch.replying();
    this.#digests = { md5: md5.digest('hex'), crc: await crc?.digest() };
  }

  /**
   * Returns the MD5 of the last complete reading, and its CRC if the object has a checksum.
   * @throws ChunkMismatchError - no reading was complete, so the reply proves nothing
   */
  digests(): ChunkDigests {
    if (this.#digests) return this.#digests;
    throw new TransferError(
      'ChunkMismatchError',
      'the upload host replied before it received the whole chunk',
    );
  }
}
