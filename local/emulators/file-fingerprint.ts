import { realpath, stat } from 'node:fs/promises';

/** What a file looks like from outside. */
export interface Fingerprint {
  /** Its path, symbolic links resolved. */
  readonly path: string;
  /** Another text means that the file's bytes may have changed. */
  readonly text: string;
  /** When the file or its properties last changed, in milliseconds since 1970. */
  readonly changedAt: number;
}

/** Reads path, device, inode, size and times of a file, and no byte of it. */
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
