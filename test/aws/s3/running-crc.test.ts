import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newCrc } from '#src/aws/s3/running-crc.ts';
import type { CrcAlgorithm } from '#src/core/source/source-object.ts';
import { sdkCrc } from '../../doubles/sdk-crc.ts';

const algorithms: CrcAlgorithm[] = ['CRC32', 'CRC32C', 'CRC64NVME'];

async function crcOf(factory: typeof newCrc, algorithm: CrcAlgorithm, pieces: Uint8Array[]) {
  const crc = await factory(algorithm);
  for (const piece of pieces) crc.update(piece);
  return crc.digest();
}

describe.each(algorithms)('a running %s', (algorithm) => {
  it('equals the AWS SDK, for every alignment and size of the pieces', async () => {
    const bytes = randomBytes(70_000);
    const piece = fc.tuple(fc.nat(64), fc.nat(69_000));
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 5 }), async (places) => {
        const pieces = places.map(([from, length]) => bytes.subarray(from, from + length));
        expect(await crcOf(newCrc, algorithm, pieces)).toBe(await crcOf(sdkCrc, algorithm, pieces));
      }),
    );
  });

  it('has its own state while others run', async () => {
    const chunks = Array.from({ length: 8 }, () => randomBytes(3_000));
    const running = await Promise.all(chunks.map(() => newCrc(algorithm)));
    for (let at = 0; at < 3_000; at += 500) {
      for (const [i, chunk] of chunks.entries()) running[i]?.update(chunk.subarray(at, at + 500));
    }
    const digests = await Promise.all(running.map((crc) => crc.digest()));
    const expected = await Promise.all(chunks.map((chunk) => crcOf(sdkCrc, algorithm, [chunk])));
    expect(digests).toEqual(expected);
  });

  it('starts at zero after an unfinished checksum', async () => {
    (await newCrc(algorithm)).update(randomBytes(100));
    const bytes = randomBytes(100);
    expect(await crcOf(newCrc, algorithm, [bytes])).toBe(await crcOf(sdkCrc, algorithm, [bytes]));
  });

  it('returns the same digest again, and shares its state with no other checksum', async () => {
    const crc = await newCrc(algorithm);
    crc.update(Buffer.from('123456789'));
    const digest = await crc.digest();
    const [one, other] = [await newCrc(algorithm), await newCrc(algorithm)];
    one.update(Buffer.from('one'));
    other.update(Buffer.from('other'));
    expect(await crc.digest()).toBe(digest);
    expect(await one.digest()).toBe(await crcOf(sdkCrc, algorithm, [Buffer.from('one')]));
    expect(await other.digest()).toBe(await crcOf(sdkCrc, algorithm, [Buffer.from('other')]));
  });
});

it('survives thousands of checksums that are left unfinished (hash-wasm#69)', async () => {
  for (let i = 0; i < 3_000; i++) (await newCrc('CRC64NVME')).update(Buffer.alloc(1_000));
  const pieces = [Buffer.from('123456789')];
  expect(Buffer.from(await crcOf(newCrc, 'CRC64NVME', pieces), 'base64').toString('hex')).toBe(
    'ae8b14860a799888',
  );
});

it.each(['CRC32C', 'CRC64NVME'] as const)(
  '%s accepts no bytes after its digest',
  async (algorithm) => {
    const crc = await newCrc(algorithm);
    await crc.digest();
    expect(() => crc.update(Buffer.from('late'))).toThrow('the checksum was digested before');
  },
);
