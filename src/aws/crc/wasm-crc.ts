import { crcKernel } from './crc-kernel.ts';

/** The functions of `crc-kernel.wat`. */
interface Kernel {
  readonly memory: WebAssembly.Memory;
  readonly createTables: (polynomial: bigint) => void;
  readonly update: (crc: bigint, at: number, end: number) => bigint;
}

/** The place of the input in the kernel's memory. */
const inputAt = 65_536;
const inputBytes = 65_536;

/** Updates the register of a CRC by some bytes. The caller keeps the register, so calls share no state. */
export type UpdateCrc = (register: bigint, bytes: Uint8Array) => bigint;

/**
 * Instantiates the kernel for a polynomial in reflected form. Takes less than a millisecond, for the
 * tables and the compilation.
 */
export function instantiateCrc(polynomial: bigint): UpdateCrc {
  const module = new WebAssembly.Module(Buffer.from(crcKernel, 'base64'));
  const kernel = new WebAssembly.Instance(module).exports as unknown as Kernel;
  const memory = new Uint8Array(kernel.memory.buffer);
  kernel.createTables(polynomial);
  return (register, bytes) => {
    let updated = register;
    for (let at = 0; at < bytes.length; at += inputBytes) {
      const piece = bytes.length > inputBytes ? bytes.subarray(at, at + inputBytes) : bytes;
      memory.set(piece, inputAt);
      updated = kernel.update(updated, inputAt, inputAt + piece.length);
    }
    return updated;
  };
}
