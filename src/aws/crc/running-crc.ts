import { crc32 } from 'node:zlib';
import type { CrcAlgorithm } from '#src/core/source/source-object.ts';
import type { CrcFactory, RunningCrc } from '#src/core/source/source-reader.ts';
import { instantiateCrc, type UpdateCrc } from './wasm-crc.ts';

type WasmAlgorithm = Exclude<CrcAlgorithm, 'CRC32'>;

/**
 * The reflected polynomials and the widths of CRC32C (Castagnoli) and CRC64NVME, as the CRC catalogue lists
 * them. Both start with all bits set, and invert them at the end. Node has neither.
 */
const parameters = {
  CRC32C: { polynomial: 0x82f63b78n, allBits: 0xffff_ffffn, sizeBytes: 4 },
  CRC64NVME: { polynomial: 0x9a6c_9329_ac4b_c9b5n, allBits: 0xffff_ffff_ffff_ffffn, sizeBytes: 8 },
} as const;

const kernels: Partial<Record<WasmAlgorithm, UpdateCrc>> = {};

/** Creates a running checksum with a state of its own. */
export const newCrc: CrcFactory = async (algorithm) =>
  algorithm === 'CRC32' ? createZlibCrc() : createWasmCrc(algorithm);

function createZlibCrc(): RunningCrc {
  let value = 0;
  return {
    update: (bytes) => {
      value = crc32(bytes, value);
    },
    digest: async () => bigEndian(BigInt(value), 4),
  };
}

function createWasmCrc(algorithm: WasmAlgorithm): RunningCrc {
  const { polynomial, allBits, sizeBytes } = parameters[algorithm];
  kernels[algorithm] ??= instantiateCrc(polynomial);
  const add = kernels[algorithm];
  let register: bigint = allBits;
  return {
    update: (bytes) => {
      register = add(register, bytes);
    },
    digest: async () => bigEndian(BigInt.asUintN(64, register) ^ allBits, sizeBytes),
  };
}

/** Returns the last bytes of a number, the highest first, in base64. */
function bigEndian(value: bigint, sizeBytes: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes.subarray(8 - sizeBytes).toString('base64');
}
