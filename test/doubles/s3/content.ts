import { createHash, type Hash } from 'node:crypto';
import type { CrcAlgorithm } from '#src/core/source/source-object.ts';
import { sdkCrc } from '../sdk-crc.ts';

/** Bytes that can be read from any position without storing them all. */
export interface DoubleContent {
  readonly sizeBytes: number;
  /** Yields the bytes from `start` to `end` (exclusive) in pieces. */
  pieces(start: number, end: number): Iterable<Buffer>;
}

const blockBytes = 256 * 1024;

export function bufferContent(bytes: Uint8Array): DoubleContent {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    sizeBytes: whole.length,
    *pieces(start, end) {
      for (let at = start; at < end; at += blockBytes) {
        yield whole.subarray(at, Math.min(at + blockBytes, end));
      }
    },
  };
}

/**
 * Returns the same bytes for the same seed, of any size: one random block repeated, each copy with its
 * own number at its start. No two blocks are equal, so a swapped chunk changes the digest.
 */
export function seededContent(seed: string, sizeBytes: number): DoubleContent {
  const pattern = createHash('shake256', { outputLength: blockBytes }).update(seed).digest();
  return {
    sizeBytes,
    *pieces(start, end) {
      for (let at = start; at < end; ) {
        const block = Math.floor(at / blockBytes);
        const from = at - block * blockBytes;
        const to = Math.min(blockBytes, end - block * blockBytes);
        const copy = Buffer.from(pattern);
        copy.writeBigUInt64BE(BigInt(block));
        yield copy.subarray(from, to);
        at = block * blockBytes + to;
      }
    },
  };
}

/** Returns the SHA-256 of the bytes from `start` to `end`, in lower-case hex. */
export function digestOf(
  content: DoubleContent,
  algorithm: 'sha256' | 'md5' = 'sha256',
  start = 0,
  end = content.sizeBytes,
): string {
  const hash: Hash = createHash(algorithm);
  for (const piece of content.pieces(start, end)) hash.update(piece);
  return hash.digest('hex');
}

/** Returns the whole content's checksum in S3's form: base64, big-endian. */
export async function crcOf(content: DoubleContent, algorithm: CrcAlgorithm): Promise<string> {
  const crc = await sdkCrc(algorithm);
  for (const piece of content.pieces(0, content.sizeBytes)) crc.update(piece);
  return crc.digest();
}
