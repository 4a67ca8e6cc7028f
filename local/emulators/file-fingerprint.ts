import { realpath, stat } from 'node:fs/promises';

/** The identity and the times of a file, without its content. */
export interface Fingerprint {
  /** The path with symbolic links resolved. */
  readonly path: string;
  /** Path, device, inode, size and times. A different text means that the bytes may have changed. */
  readonly text: string;
  /** When the file or its properties last changed, in milliseconds since 1970. */
  readonly changedAt: number;
}

/** Returns the fingerprint of a file. Does not read its content. */
export async function fingerprintOf(file: string): Promise<Fingerprint> {
  const path = await realpath(file);
  const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  const latest = mtimeNs > ctimeNs ? mtimeNs : ctimeNs;
  return {
    path,
    text: JSON.stringify([path, ...[dev, ino, size, mtimeNs, ctimeNs].map(String)]),
    changedAt: Number(latest / 1_000_000n),
  };
}
