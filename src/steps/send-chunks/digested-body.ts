import { createHash, type Hash } from 'node:crypto';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { type ByteRange, lengthOf } from '#src/core/source/byte-range.ts';
import type { SourceObject } from '#src/core/source/source-object.ts';
import type { ChunkProof } from '#src/core/transfer/chunk-proof.ts';
import type { ChunkBody } from '#src/core/transfer/destination.ts';
import type { Needs } from '#src/step-support/step.ts';
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
  readonly #beginWhole: (() => Hash | undefined) | undefined;
  #digests: ChunkDigests | undefined;
  #isRead = false;

  /** @param beginWhole - returns a digest of the whole object, which each reading continues from its start */
  constructor(
    ports: DigestPorts,
    object: SourceObject,
    range: ByteRange,
    watch: ProgressWatch,
    beginWhole?: () => Hash | undefined,
  ) {
    this.sizeBytes = lengthOf(range);
    this.#ports = ports;
    this.#object = object;
    this.#range = range;
    this.#watch = watch;
    this.#beginWhole = beginWhole;
  }

  /**
   * Reads the range of the source, from its start. The digests are ready before the last bytes are passed
   * on: over TLS, the reply can arrive before the HTTP client asks for more.
   */
  async *open(): AsyncGenerator<Uint8Array> {
    this.#digests = undefined;
    this.#isRead = false;
    const { checksum } = this.#object;
    const md5 = createHash('md5');
    const crc = checksum && (await this.#ports.newCrc(checksum.algorithm));
    const whole = this.#beginWhole?.();
    const watch = this.#watch;
    let left = this.sizeBytes;
    watch.reading();
    for await (const bytes of this.#ports.source.read(this.#object, this.#range, watch.signal)) {
      watch.sending(bytes.byteLength);
      md5.update(bytes);
      whole?.update(bytes);
      crc?.update(bytes);
      left -= bytes.byteLength;
      if (left === 0) this.#digests = { md5: md5.digest('hex'), crc: await crc?.digest() };
      yield bytes;
      watch.reading();
    }
    watch.replying();
    this.#isRead = true;
  }

  /** True if the HTTP client has read the whole chunk. */
  get isRead(): boolean {
    return this.#isRead;
  }

  /**
   * Returns the MD5 of the last complete reading, and its CRC if the object has a checksum.
   * @param proof - the storage's. A proof that equals the MD5 shows by itself that the storage received
   *   all bytes. Any other counts only if the HTTP client had written all bytes before the reply.
   * @throws ChunkMismatchError - no reading was complete, so the reply proves nothing
   */
  digests(proof: string): ChunkDigests {
    const digests = this.#digests;
    if (digests && (this.#isRead || proof.toLowerCase() === digests.md5)) return digests;
    throw new TransferError(
      'ChunkMismatchError',
      'the upload host replied before it received the whole chunk',
    );
  }
}
