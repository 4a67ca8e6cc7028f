import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { type Fingerprint, fingerprintOf } from '../emulators/file-fingerprint.ts';

/** The hash of a file, with the file's fingerprint when it was read. */
export interface HashedFile {
  /** SHA-256 of all bytes, in hex. */
  readonly sha256: string;
  readonly fingerprint: string;
}

export interface HashOptions {
  /** Folder for the hashes of unchanged files. */
  readonly directory: string;
  /** Called with the bytes read so far. */
  readonly onProgress?: (bytes: number) => void;
  /** The time now, in milliseconds since 1970. */
  readonly now?: () => number;
}

/**
 * A file that changed more recently may change again with the same time stamp, in ms: file systems store
 * times in steps of up to two seconds (FAT).
 */
const stableAfterMs = 2_000;

const blockBytes = 1024 * 1024;

/**
 * Returns the SHA-256 of a file. Does not read a file whose fingerprint has not changed since the last hash.
 * @throws SourceSupersededError - the file changed while it was read
 */
export async function hashFile(path: string, options: HashOptions): Promise<HashedFile> {
  const before = await fingerprintOf(path);
  const record = join(options.directory, `${digest(before.path)}.json`);
  const known = await readRecord(record);
  if (known?.fingerprint === before.text) return known;
  const startedAt = (options.now ?? Date.now)();
  const sha256 = await readThrough(path, options);
  const after = await fingerprintOf(path);
  if (after.text !== before.text) {
    throw new TransferError('SourceSupersededError', `${path} changed while it was read`);
  }
  const hashed = { sha256, fingerprint: before.text };
  if (isStable(before, startedAt)) await writeRecord(options.directory, record, hashed);
  return hashed;
}

function isStable({ changedAt }: Fingerprint, startedAt: number): boolean {
  return startedAt - changedAt > stableAfterMs;
}

async function readThrough(path: string, { onProgress }: HashOptions): Promise<string> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const block of createReadStream(path, { highWaterMark: blockBytes })) {
    hash.update(block);
    bytes += block.length;
    onProgress?.(bytes);
  }
  return hash.digest('hex');
}

/** Returns undefined for a missing, damaged or incompatible record. The file is then hashed again. */
async function readRecord(record: string): Promise<HashedFile | undefined> {
  try {
    const { sha256, fingerprint } = JSON.parse(await readFile(record, 'utf8'));
    return /^[0-9a-f]{64}$/.test(sha256) ? { sha256, fingerprint } : undefined;
  } catch {
    return undefined;
  }
}

async function writeRecord(directory: string, record: string, hashed: HashedFile): Promise<void> {
  await mkdir(directory, { recursive: true });
  const temporary = `${record}.${process.pid}`;
  await writeFile(temporary, JSON.stringify(hashed));
  await rename(temporary, record);
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
