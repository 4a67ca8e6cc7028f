import type { CrcAlgorithm } from './source-object.ts';

/** Reflected polynomials and widths: RFC 3720 (CRC32C), ISO 3309 (CRC32), NVM Express (CRC64NVME). */
const parameters: Record<CrcAlgorithm, { readonly width: number; readonly polynomial: bigint }> = {
  CRC32: { width: 32, polynomial: 0xedb88320n },
  CRC32C: { width: 32, polynomial: 0x82f63b78n },
  CRC64NVME: { width: 64, polynomial: 0x9a6c9329ac4bc9b5n },
};

/** A linear map over bits: column `i` is the image of bit `i`. */
type BitMatrix = readonly bigint[];

/** The checksum of one chunk (base64, big-endian) and how many bytes it covers. */
export interface ChunkCrc {
  readonly crc: string;
  readonly sizeBytes: number;
}

/**
 * Returns the checksum of consecutive chunks from their own checksums. A CRC is linear, so the bytes
 * that follow only shift the checksum of the bytes before them.
 */
export function combineCrcs(algorithm: CrcAlgorithm, chunks: readonly ChunkCrc[]): string {
  const { width, polynomial } = parameters[algorithm];
  const shifts = new Map<number, BitMatrix>();
  let whole = 0n;
  for (const { crc, sizeBytes } of chunks) {
    const shift = shifts.get(sizeBytes) ?? shiftMatrix(sizeBytes, width, polynomial);
    shifts.set(sizeBytes, shift);
    whole = multiplyVector(shift, whole) ^ fromBase64(crc);
  }
  return toBase64(whole, width / 8);
}

/** Reads a big-endian number. */
function fromBase64(text: string): bigint {
  return Array.from(atob(text)).reduce(
    (sum, character) => (sum << 8n) | BigInt(character.charCodeAt(0)),
    0n,
  );
}

/** Writes a big-endian number of a fixed length. */
function toBase64(value: bigint, length: number): string {
  const bytes = Array.from({ length }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
  return btoa(String.fromCharCode(...bytes.reverse()));
}

/** Returns the map that appending `sizeBytes` zero bytes applies to a checksum. Computed by squaring. */
function shiftMatrix(sizeBytes: number, width: number, polynomial: bigint): BitMatrix {
  let power = oneBitShift(width, polynomial);
  for (let i = 0; i < 3; i++) power = multiply(power, power);
  let result: BitMatrix = Array.from({ length: width }, (_, i) => 1n << BigInt(i));
  for (let left = sizeBytes; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result = multiply(power, result);
    power = multiply(power, power);
  }
  return result;
}

function oneBitShift(width: number, polynomial: bigint): BitMatrix {
  return Array.from({ length: width }, (_, i) => (i === 0 ? polynomial : 1n << BigInt(i - 1)));
}

function multiply(a: BitMatrix, b: BitMatrix): BitMatrix {
  return b.map((column) => multiplyVector(a, column));
}

function multiplyVector(matrix: BitMatrix, vector: bigint): bigint {
  let sum = 0n;
  for (let i = 0, left = vector; left > 0n; i++, left >>= 1n) {
    if (left & 1n) sum ^= matrix[i] as bigint;
  }
  return sum;
}
