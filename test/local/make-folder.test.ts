import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeFolder } from '#local/make-folder.ts';

let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'make-folder-'));
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

it('creates a folder and those above it, and accepts one that exists', async () => {
  const path = join(home, 'a/b/c');
  await makeFolder(path);
  await makeFolder(path);
  expect(statSync(path).isDirectory()).toBe(true);
});

it('creates a folder for many callers at once', async () => {
  const path = join(home, 'a/b/c');
  await Promise.all(Array.from({ length: 20 }, () => makeFolder(path)));
  expect(statSync(path).isDirectory()).toBe(true);
});

it('rejects a file in place of the folder', async () => {
  writeFileSync(join(home, 'file'), '');
  await expect(makeFolder(join(home, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
});

it('names the path below a file', async () => {
  writeFileSync(join(home, 'file'), '');
  await expect(makeFolder(join(home, 'file/b'))).rejects.toMatchObject({
    code: 'ENOTDIR',
    path: join(home, 'file/b'),
  });
});

it.runIf(process.platform === 'linux')(
  'ends on a file system that has no new folders',
  async () => {
    await expect(makeFolder('/proc/chunkferry')).rejects.toMatchObject({ code: 'ENOENT' });
  },
);
