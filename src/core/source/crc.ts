import type { CrcAlgorithm } from './source-object.ts';

/** Reflected polynomials and widths: RFC 3720 (CRC32C), ISO 3309 (CRC32), NVM Express (CRC64NVME). */
const parameters: Record<CrcAlgorithm, { readonly width: number; readonly polynomial: bigint }> = {
  CRC32: { width: 32, polynomial: 0xedb88320n },
  CRC32C: { width: 32, polynomial: 0x82f63b78n },
  CRC64NVME: { width: 64, polynomial: 0x9a6c9329ac4bc9b5n },
};

/** A linear map over bits: column `i` is where bit `i` goes. */
type BitMatrix = readonly bigint[];

/** The checksum of one chunk (base64, big-endian) and how many bytes it covers. */
export interface ChunkCrc {
  readonly crc: string;
  readonly sizeBytes: number;
}

/**
 * The checksum of consecutive chunks' bytes together, from their own checksums alone: a CRC is linear,
 * so the bytes that follow only shift what came before.
 */
export function combineCrcs(algorithm: CrcAlgorithm, chunks: readonly ChunkCrc[]): string {
  const { width, polynomial } = parameters[algorithm];
  const shifts = new Map<number, BitMatrix>();
  let whole = 0n;
  for (const { crc, sizeBytes } of chunks) {
    const shift = shifts.get(sizeBytes) ?? shiftBy(sizeBytes, width, polynomial);
    shifts.set(sizeBytes, shift);
    whole = apply(shift, whole) ^ BigInt(`0x${Buffer.from(crc, 'base64').toString('hex')}`);
  }
  return Buffer.from(whole.toString(16).padStart(width / 4, '0'), 'hex').toString('base64');
}

/** What appending `sizeBytes` zero bytes does to a checksum, by squaring. */
function shiftBy(sizeBytes: number, width: number, polynomial: bigint): BitMatrix {
  let power = oneBit(width, polynomial);
  for (let i = 0; i < 3; i++) power = multiply(power, power);
  let result: BitMatrix = Array.from({ length: width }, (_, i) => 1n << BigInt(i));
  for (let left = sizeBytes; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result = multiply(power, result);
    power = multiply(power, power);
  }
  return result;
}

function oneBit(width: number, polynomial: bigint): BitMatrix {
  return Array.from({ length: width }, (_, i) => (i === 0 ? polynomial : 1n << BigInt(i - 1)));
}

function multiply(a: BitMatrix, b: BitMatrix): BitMatrix {
  return b.map((column) => apply(a, column));
}

function apply(matrix: BitMatrix, vector: bigint): bigint {
  let sum = 0n;
  for (let i = 0, left = vector; left > 0n; i++, left >>= 1n) {
    if (left & 1n) sum ^= matrix[i] as bigint;
  }
  return sum;
}
