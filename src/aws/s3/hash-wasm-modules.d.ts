/** The two builds of hash-wasm that hold one algorithm each. The package's own module holds all of them. */
declare module 'hash-wasm/dist/crc32.umd.min.js' {
  import type { createCRC32 } from 'hash-wasm';

  const build: { readonly createCRC32: typeof createCRC32 };
  export default build;
}

declare module 'hash-wasm/dist/crc64.umd.min.js' {
  import type { createCRC64 } from 'hash-wasm';

  const build: { readonly createCRC64: typeof createCRC64 };
  export default build;
}
