import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newCrc } from '#src/aws/crc/running-crc.ts';
import { type ChunkCrc, combineCrcs } from '#src/core/source/crc.ts';
import type { CrcAlgorithm } from '#src/core/source/source-object.ts';

const algorithms: CrcAlgorithm[] = ['CRC32', 'CRC32C', 'CRC64NVME'];

/** Check values of "123456789" from the CRC catalogue, in hex. */
const checks: Record<CrcAlgorithm, string> = {
  CRC32: 'cbf43926',
  CRC32C: 'e3069283',
  CRC64NVME: 'ae8b14860a799888',
};

async function crcOf(algorithm: CrcAlgorithm, bytes: Uint8Array): Promise<ChunkCrc> {
  const crc = await newCrc(algorithm);
  crc.update(bytes);
  return { crc: await crc.digest(), sizeBytes: bytes.length };
}

/** Cuts the bytes at some positions. Pieces may be empty. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const edges = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length];
  const sorted = edges.toSorted((a, b) => a - b);
  return sorted.slice(1).map((end, i) => bytes.subarray(sorted[i], end));
}

describe.each(algorithms)('combining %s', (algorithm) => {
  it('returns the published check value', async () => {
    const pieces = ['1234', '5', '6789'].map((text) => Buffer.from(text));
    const crcs = await Promise.all(pieces.map((piece) => crcOf(algorithm, piece)));
    const expected = Buffer.from(checks[algorithm], 'hex').toString('base64');
    expect(combineCrcs(algorithm, crcs)).toBe(expected);
  });

  it('returns the checksum of the whole for any cut', async () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 5000 });
    const places = fc.array(fc.nat(5000), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(bytes, places, async (whole, cuts) => {
        const crcs = await Promise.all(cut(whole, cuts).map((piece) => crcOf(algorithm, piece)));
        expect(combineCrcs(algorithm, crcs)).toBe((await crcOf(algorithm, whole)).crc);
      }),
    );
  });

  it('supports chunks of one size and a shorter last chunk', async () => {
    const whole = randomBytes(1024 * 1024 + 333);
    const places = Array.from({ length: 16 }, (_, i) => (i + 1) * 65_536);
    const crcs = await Promise.all(cut(whole, places).map((piece) => crcOf(algorithm, piece)));
    expect(combineCrcs(algorithm, crcs)).toBe((await crcOf(algorithm, whole)).crc);
  });

  it('depends on the order of the chunks', async () => {
    const [a, b] = await Promise.all(
      ['first', 'second'].map((t) => crcOf(algorithm, Buffer.from(t))),
    );
    const [forth, back] = [[a, b] as ChunkCrc[], [b, a] as ChunkCrc[]];
    expect(combineCrcs(algorithm, forth)).not.toBe(combineCrcs(algorithm, back));
  });

  it('preserves leading zero bits', async () => {
    // The checksum of zero bytes is 0 in all three algorithms.
    const nothing = await crcOf(algorithm, Buffer.alloc(0));
    expect(combineCrcs(algorithm, [nothing])).toBe(nothing.crc);
  });
});

describe('combining CRC32', () => {
  it('agrees with Node’s CRC32, for 2,048 chunks and for one chunk', () => {
    const piece = randomBytes(512);
    const crc = Buffer.alloc(4);
    crc.writeUInt32BE(crc32(piece));
    const chunk = { crc: crc.toString('base64'), sizeBytes: piece.length };
    const whole = Buffer.alloc(4);
    whole.writeUInt32BE(crc32(Buffer.concat(Array.from({ length: 2048 }, () => piece))));
    const combined = combineCrcs(
      'CRC32',
      Array.from({ length: 2048 }, () => chunk),
    );
    expect(combined).toBe(whole.toString('base64'));
  });
});
