import { createCipheriv, createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';

const sampleFile = new URL('./sample.mp4', import.meta.url);

/** Bytes of a box header with a 64-bit length (ISO/IEC 14496-12 §4.2). It supports any size. */
const boxHeaderBytes = 16;

const blockBytes = 256 * 1024;

/** Returns the minimum size for `paddedMedia`, in bytes. */
export async function smallestMediaBytes(): Promise<number> {
  return (await readFile(sampleFile)).length + boxHeaderBytes;
}

/**
 * Streams a playable film of exactly `sizeBytes`: the sample, then a `free` box of pseudorandom bytes,
 * which players skip. The same seed gives the same bytes. Only one block is in memory.
 * @throws RangeError - the size is smaller than `smallestMediaBytes()`
 */
export async function paddedMedia(sizeBytes: number, seed = 'chunkferry'): Promise<Readable> {
  const sample = await readFile(sampleFile);
  const boxBytes = sizeBytes - sample.length;
  if (boxBytes < boxHeaderBytes) {
    throw new RangeError(
      `Invalid size ${sizeBytes}: must be at least ${sample.length + boxHeaderBytes}, the size of the sample`,
    );
  }
  return Readable.from(bytesOf(sample, boxBytes, seed), { objectMode: false });
}

function* bytesOf(sample: Buffer, boxBytes: number, seed: string): Generator<Buffer> {
  yield sample;
  yield freeBoxHeader(boxBytes);
  const stream = seededStream(seed);
  const zeros = Buffer.alloc(blockBytes);
  for (let left = boxBytes - boxHeaderBytes; left > 0; left -= blockBytes) {
    yield stream.update(zeros.subarray(0, Math.min(left, blockBytes)));
  }
}

function freeBoxHeader(boxBytes: number): Buffer {
  const header = Buffer.alloc(boxHeaderBytes);
  header.writeUInt32BE(1, 0);
  header.write('free', 4, 'latin1');
  header.writeBigUInt64BE(BigInt(boxBytes), 8);
  return header;
}

/** Returns a key stream as fast pseudorandom bytes. It does not repeat, so any misplaced byte changes the hash. */
function seededStream(seed: string) {
  const key = createHash('sha256').update(seed).digest();
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
}
