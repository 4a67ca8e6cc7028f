import { createHash } from 'node:crypto';
import { TransferError } from '#src/core/errors/errors.ts';
import { type ByteRange, lengthOf } from '#src/core/source/byte-range.ts';
import type { SourceObject } from '#src/core/source/source-object.ts';
import type { ChunkProof } from '#src/core/transfer/chunk-proof.ts';
import type { ChunkBody } from '#src/core/transfer/destination.ts';
import type { Needs } from '#src/transfer/step.ts';
import type { ProgressWatch } from './watch-progress.ts';

/** Digests of the bytes of one chunk. */
export type ChunkDigests = Pick<ChunkProof, 'md5' | 'crc'>;

/** A chunk's body that hashes its bytes while they are read. */
export interface DigestedBody extends ChunkBody {
  /**
   * Returns the MD5 of the last complete reading, and its CRC if the object has a checksum.
   * @throws ChunkMismatchError - no reading was complete, so the reply proves nothing
   */
  digests(): ChunkDigests;
}

/** Returns a body that reads one range of the source. Memory holds the running digests, not the bytes. */
export function createDigestedBody(
  { source, newCrc }: Needs<'source' | 'newCrc'>,
  object: SourceObject,
  range: ByteRange,
  watch: ProgressWatch,
): DigestedBody {
  let digests: ChunkDigests | undefined;
  async function* open(): AsyncGenerator<Uint8Array> {
    digests = undefined;
    const md5 = createHash('md5');
    const crc = object.checksum && (await newCrc(object.checksum.algorithm));
    watch.reading();
    for await (const bytes of source.read(object, range, watch.signal)) {
      watch.sending(bytes.byteLength);
      md5.update(bytes);
      crc?.update(bytes);
      yield bytes;
      watch.reading();
    }
    watch.replying();
    digests = { md5: md5.digest('hex'), crc: await crc?.digest() };
  }
  return {
    sizeBytes: lengthOf(range),
    open,
    digests: () => {
      if (digests) return digests;
      throw new TransferError(
        'ChunkMismatchError',
        'the upload host replied before it received the whole chunk',
      );
    },
  };
}
