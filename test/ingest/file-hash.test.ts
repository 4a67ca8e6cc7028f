import { createHash } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hashFile } from '#local/ingest/file-hash.ts';

const bytes = Buffer.alloc(3_000_000, 'film');
const sha256 = createHash('sha256').update(bytes).digest('hex');

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'file-hash-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(async () => {
  file = join(await mkdtemp(join(folder, 'one-')), 'film.mp4');
  await writeFile(file, bytes);
});

/** Hashes the file an hour after it was written. `read` counts the reads. */
async function hashed(path: string, now = () => Date.now() + 3_600_000) {
  let read = 0;
  const onProgress = () => {
    read += 1;
  };
  const options = { directory: join(folder, 'hashes'), onProgress, now };
  const { sha256: found } = await hashFile(path, options);
  return { found, read };
}

describe('the hash of a file', () => {
  it('is its SHA-256', async () => {
    expect((await hashed(file)).found).toBe(sha256);
  });

  it('of an unchanged file is computed once', async () => {
    expect((await hashed(file)).read).toBeGreaterThan(0);
    expect(await hashed(file)).toEqual({ found: sha256, read: 0 });
  });

  it('of a recently changed file is computed again: the time of its next change may be equal', async () => {
    await hashed(file, Date.now);
    expect((await hashed(file, Date.now)).read).toBeGreaterThan(0);
  });

  it('N8: stays the same after touch and mv, which cause a new read', async () => {
    await hashed(file);
    await utimes(file, new Date(0), new Date(0));
    const touched = await hashed(file);
    const moved = `${file}.moved.mp4`;
    await rename(file, moved);
    for (const { found, read } of [touched, await hashed(moved)])
      expect([found, read > 0]).toEqual([sha256, true]);
  });

  it('changes when bytes change and size and time do not', async () => {
    await hashed(file);
    const other = Buffer.from(bytes);
    other[1_000_000] = 0;
    await writeFile(file, other);
    await utimes(file, new Date(0), new Date(0));
    expect((await hashed(file)).found).not.toBe(sha256);
  });

  it('fails if the file changes while it is read', async () => {
    let isChanged = false;
    const options = {
      directory: join(folder, 'hashes'),
      onProgress: () => {
        if (!isChanged) appendFileSync(file, 'more');
        isChanged = true;
      },
    };
    await expect(hashFile(file, options)).rejects.toMatchObject({
      name: 'SourceSupersededError',
      message: expect.stringContaining(file),
    });
  });
});
