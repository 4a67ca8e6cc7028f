import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newCrc } from '#src/aws/crc/running-crc.ts';
import type { CrcAlgorithm } from '#src/core/source/source-object.ts';
import { sdkCrc } from '../../doubles/sdk-crc.ts';

const algorithms: CrcAlgorithm[] = ['CRC32', 'CRC32C', 'CRC64NVME'];

async function crcOf(factory: typeof newCrc, algorithm: CrcAlgorithm, pieces: Uint8Array[]) {
  const crc = await factory(algorithm);
  for (const piece of pieces) crc.update(piece);
  return crc.digest();
}

async function hexCrcOf(algorithm: CrcAlgorithm, bytes: Uint8Array): Promise<string> {
  return Buffer.from(await crcOf(newCrc, algorithm, [bytes]), 'base64').toString('hex');
}

/** Returns bytes that count up from zero, and start again after 255. */
function rising(sizeBytes: number): Uint8Array {
  return Uint8Array.from({ length: sizeBytes }, (_, n) => n);
}

const rfc3720 = 'RFC 3720, appendix B.4';
const nvme = 'NVM Express NVM Command Set Specification 1.0, figure "64b CRC Test Cases"';
const catalogue = 'the CRC catalogue';

it.each<[CrcAlgorithm, string, Uint8Array, string, string]>([
  ['CRC32', '123456789', Buffer.from('123456789'), 'cbf43926', catalogue],
  ['CRC32C', '123456789', Buffer.from('123456789'), 'e3069283', catalogue],
  ['CRC64NVME', '123456789', Buffer.from('123456789'), 'ae8b14860a799888', catalogue],
  ['CRC32C', '32 zeros', Buffer.alloc(32), '8a9136aa', rfc3720],
  ['CRC32C', '32 bytes of ones', Buffer.alloc(32, 0xff), '62a8ab43', rfc3720],
  ['CRC32C', '32 rising bytes', rising(32), '46dd794e', rfc3720],
  ['CRC32C', '32 falling bytes', rising(32).toReversed(), '113fdb5c', rfc3720],
  ['CRC64NVME', '4 KiB of zeros', Buffer.alloc(4096), '6482d367eb22b64e', nvme],
  ['CRC64NVME', '4 KiB of ones', Buffer.alloc(4096, 0xff), 'c0ddba7302eca3ac', nvme],
  ['CRC64NVME', '4 KiB of rising bytes', rising(4096), '3e729f5f6750449c', nvme],
  ['CRC64NVME', '4 KiB of falling bytes', rising(4096).toReversed(), '9a2df64b8e9e517e', nvme],
])('the %s of %s is the published one', async (algorithm, _, bytes, published) => {
  expect(await hexCrcOf(algorithm, bytes)).toBe(published);
});

describe.each(algorithms)('a running %s', (algorithm) => {
  it('equals the AWS SDK, for every alignment and size of the pieces', async () => {
    const bytes = randomBytes(140_000);
    const piece = fc.tuple(fc.nat(64), fc.oneof(fc.nat(300), fc.nat(139_000)));
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

  it('returns the same digest again', async () => {
    const crc = await newCrc(algorithm);
    crc.update(Buffer.from('123456789'));
    const digest = await crc.digest();
    await crcOf(newCrc, algorithm, [Buffer.from('other')]);
    expect(await crc.digest()).toBe(digest);
  });
});
