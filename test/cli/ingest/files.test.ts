import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exitCodes } from '#cli/exit-codes.ts';
import { findFiles } from '#cli/ingest/files.ts';
import { nextStepOf } from '#src/core/errors/error-lookup.ts';
import { useLocalFiles } from './local-files.ts';

const { folder, ingest } = useLocalFiles();

describe('chunkferry ingest of files', () => {
  it.each([
    ['empty', exitCodes.notFound, 'the folder has no visible files.'],
    ['texts', exitCodes.notFound, 'TwelveLabs takes none of its 1 files by their extensions.'],
    ['*.mov', exitCodes.notFound, 'no file matches it.'],
    ['no-such.mp4', exitCodes.notFound, 'it does not exist.'],
    ['no-such-\ufffd.mp4', exitCodes.notFound, 'its name is not UTF-8.'],
  ])('rejects %s by one line', async (name, ending, flaw) => {
    const { code, stdout, stderr } = await ingest(join(folder, name));
    expect([code, stdout]).toEqual([ending, '']);
    expect(stderr.trim().split('\n')).toEqual([expect.stringContaining(flaw)]);
  });

  it.each([
    ['/dev/null', '"/dev/null": it is neither a file nor a folder.'],
    ['S3://films/a.mp4', '"S3://films/a.mp4": a URL must begin with s3://.'],
    ['https://a.example/b.mp4?sig=secret', '"https://a.example/…": a URL must begin with s3://.'],
  ])('rejects %s, which is no file, and shows no signature', async (source, flaw) => {
    const { code, stderr } = await ingest(source);
    expect([code, stderr]).toEqual([exitCodes.notFound, expect.stringContaining(flaw)]);
  });

  it.each([
    ['a folder', () => folder, 'it is a folder. Name a file'],
    ['names that NUL separates', () => join(folder, 'print0.txt'), 'find without -print0.'],
  ])('rejects %s as a list by name', async (_, list, flaw) => {
    writeFileSync(join(folder, 'print0.txt'), 'a.mp4\0b.mp4\0');
    const { code, stderr } = await ingest('--list', list());
    expect([code, stderr]).toEqual([exitCodes.usage, expect.stringContaining(flaw)]);
  });

  it('rejects options that only a stack has', async () => {
    const { code, stderr } = await ingest(join(folder, 'reels'), '--detach');
    expect([code, stderr]).toEqual([2, expect.stringContaining('Invalid option "--detach"')]);
  });

  it('names a missing key once, before it starts a process', async () => {
    delete process.env.TWELVE_LABS_API_KEY;
    const { code, stderr } = await ingest(join(folder, 'reels'));
    expect(code).toBe(exitCodes.usage);
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringContaining('TWELVE_LABS_API_KEY is not set'),
    ]);
    expect(stderr).toContain(nextStepOf('ConfigurationError', 'local'));
  });

  it('rejects --stack for a local run', async () => {
    const { code, stderr } = await ingest('s3://films/a.mp4', '--local', '--stack', 'Other');
    expect([code, stderr]).toEqual([2, expect.stringContaining('Invalid option "--stack"')]);
  });
});

describe('the files of a folder', () => {
  const find = (name: string) =>
    findFiles([join(folder, name)], { title: 'TwelveLabs' }, () => true, {});

  it('are found once, also if links lead back to the folder, to themselves or nowhere', () => {
    const linked = join(folder, 'linked');
    mkdirSync(join(linked, 'inner'), { recursive: true });
    writeFileSync(join(linked, 'inner/film.mp4'), 'film');
    symlinkSync('.', join(linked, 'here'));
    symlinkSync('..', join(linked, 'inner/up'));
    symlinkSync('itself.mp4', join(linked, 'itself.mp4'));
    symlinkSync('nowhere.mp4', join(linked, 'dead.mp4'));
    expect(find('linked').files.map(({ name }) => name)).toEqual([join(linked, 'inner/film.mp4')]);
  });

  it('with a name that is not UTF-8 are named, not left out in silence', () => {
    const odd = join(folder, 'odd');
    mkdirSync(odd);
    writeFileSync(join(odd, 'good.mp4'), 'film');
    writeFileSync(Buffer.from(`${odd}/bad\xff.mp4`, 'latin1'), 'film');
    const { files, unnamed } = find('odd');
    expect([files.length, unnamed]).toEqual([1, [join(odd, 'bad\ufffd.mp4')]]);
  });
});
