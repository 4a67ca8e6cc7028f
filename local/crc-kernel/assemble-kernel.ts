import { readFileSync } from 'node:fs';
import createWabt from 'wabt';

const sourceFile = new URL('../../src/aws/crc/crc-kernel.wat', import.meta.url);

/** Assembles the WebAssembly text of the CRC kernel. Returns the binary module in base64. */
export async function assembleKernel(): Promise<string> {
  const { parseWat } = await createWabt();
  // wabt reads the whole buffer behind a view, so it needs a copy with its own.
  const module = parseWat(sourceFile.pathname, new Uint8Array(readFileSync(sourceFile)));
  try {
    module.resolveNames();
    module.validate();
    return Buffer.from(module.toBinary({}).buffer).toString('base64');
  } finally {
    module.destroy();
  }
}
