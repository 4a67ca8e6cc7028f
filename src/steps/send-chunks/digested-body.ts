import { createHash } from 'node:crypto';
import { TransferError } from '#src/core/errors/errors.ts';
import { type ByteRange, lengthOf } from '#src/core/source/byte-range.ts';
import type { SourceObject } from '#src/core/source/source-object.ts';
import type { ChunkProof } from '#src/core/transfer/chunk-proof.ts';
import type { ChunkBody } from '#src/core/transfer/destination.ts';
import type { Needs } from '#src/transfer/step.ts';
import type { ProgressWatch } from './watch-progress.ts';

/** A chunk's body that sums its bytes as they pass. */
export interface DigestedBody extends ChunkBody {
  /**
   * MD5 and, where the object has a checksum, CRC of the last complete reading.
   * @throws ChunkMismatchError - no reading came to its end, so whatever was answered is no proof
   */
  sums(): Pick<ChunkProof, 'md5' | 'crc'>;
}

/** Reads one range of the source, hashing it on the way; nothing is held but the running sums. */
export function digestedBody(
  { source, newCrc }: Needs<'source' | 'newCrc'>,
  object: SourceObject,
  range: ByteRange,
  watch: ProgressWatch,
): DigestedBody {
  let sums: Pick<ChunkProof, 'md5' | 'crc'> | undefined;
  async function* open(): AsyncGenerator<Uint8Array> {
    sums = undefined;
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
    sums = { md5: md5.digest('hex'), crc: await crc?.digest() };
  }
  return {
    sizeBytes: lengthOf(range),
    open,
    sums: () => {
      if (sums) return sums;
      throw new TransferError(
        'ChunkMismatchError',
        'the storage answered before it had taken the whole chunk',
      );
    },
  };
}
