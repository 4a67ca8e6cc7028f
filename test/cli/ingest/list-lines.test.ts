import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exitCodes } from '#cli/exit-codes.ts';
import { lineOf, sourcesOf } from '#cli/ingest/list-lines.ts';
import { readUrls } from '#cli/ingest/objects.ts';
import { useFakeAccount } from '../fake-account.ts';
import { runProgram } from '../program-harness.ts';

const account = useFakeAccount();

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'list-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const startedKeys = () =>
  account.requests
    .filter(({ operation }) => operation === 'StartExecution')
    .map(({ input }) => JSON.parse(String(input.input)).key);

/** Starts what a list names, and returns the keys. */
async function startList(list: string | Uint8Array): Promise<unknown[]> {
  const path = join(folder, 'list.txt');
  writeFileSync(path, list);
  const { code, stderr } = await runProgram(['ingest', '--list', path, '--detach']);
  expect([code, stderr]).toEqual([exitCodes.done, expect.any(String)]);
  return startedKeys();
}

/** Keys with what has a meaning for lists, paths, globs, shells, terminals and URLs. */
const oddKeys = [
  'folder/',
  '/',
  '//',
  ' ',
  '\t',
  ' leading',
  'trailing ',
  '.',
  '..',
  'a/../b',
  '-x.mp4',
  '--force',
  'a\\',
  'a\r',
  'a\r\n',
  '\ufeffa.mp4',
  '"a.mp4"',
  '"',
  '*?[a-z]',
  '#comment',
  'a\u0000b',
  'a\u2028b',
  'a\u202egpj.mp4',
  'a%2Fb+c&d=e',
];

const pieces = fc.constantFrom(...oddKeys, 'a', '/', '\n', '\u0085', '影', '😀');
const key = fc.array(pieces, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(''));

describe('what --dry-run prints', () => {
  it('is read back by --list as the same keys, for any key', () => {
    fc.assert(
      fc.property(fc.array(key, { minLength: 1, maxLength: 4 }), (keys) => {
        const list = keys.map((one) => lineOf(`s3://films/${one}`)).join('\n');
        const read = readUrls(sourcesOf(`${list}\n`), false);
        expect(read).toMatchObject(keys.map((one) => ({ bucket: 'films', key: one })));
        expect(list.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
      }),
    );
  });

  it('is read back by --list as the same files, for any name', () => {
    fc.assert(
      fc.property(fc.array(key, { minLength: 1, maxLength: 4 }), (names) => {
        const list = names.map(lineOf).join('\n');
        expect(sourcesOf(`${list}\n`).map(({ text }) => text)).toEqual(names);
      }),
    );
  });

  // rclone/rclone#6011: objects whose keys end with a slash were skipped.
  it('starts exactly these keys', async () => {
    const list = oddKeys.map((one) => lineOf(`s3://films/${one}`)).join('\n');
    expect((await startList(list)).sort()).toEqual(oddKeys.toSorted());
  });

  it('names files that --list moves', async () => {
    process.env.TWELVE_LABS_API_KEY = 'no bytes are sent';
    mkdirSync(join(folder, 'reel'));
    for (const name of ['a\nb.mp4', '-c.mp4']) writeFileSync(join(folder, 'reel', name), 'film');
    const dryRun = ['ingest', '--dry-run', '--local'];
    const { stdout } = await runProgram([...dryRun, join(folder, 'reel')]);
    const path = join(folder, 'files.txt');
    writeFileSync(path, stdout);
    const again = await runProgram([...dryRun, '--list', path]);
    expect([again.code, again.stdout]).toEqual([exitCodes.done, stdout]);
    expect(stdout.trim().split('\n')).toHaveLength(2);
  });
});

describe('a list', () => {
  // restic/restic#1433: the first line was skipped.
  it.each([
    ['UTF-8 with a byte order mark', Buffer.from('\ufeffs3://films/ü.mp4\r\ns3://films/b.mp4\r\n')],
    ['UTF-16', Buffer.from('\ufeffs3://films/ü.mp4\r\ns3://films/b.mp4\r\n', 'utf16le')],
  ])('of an editor of Windows is read: %s', async (_, bytes) => {
    expect((await startList(bytes)).sort()).toEqual(['b.mp4', 'ü.mp4']);
  });

  it('with a folder is rejected: a bare line that ends with a slash is no key', async () => {
    const path = join(folder, 'list.txt');
    writeFileSync(path, 's3://films/folder/\n');
    const { code, stderr } = await runProgram(['ingest', '--list', path, '--detach']);
    expect([code, stderr]).toEqual([
      exitCodes.usage,
      expect.stringContaining('put the URL in double quotes on a line of --list.'),
    ]);
  });
});
