import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exitCodes } from '#cli/exit-codes.ts';
import { nextStepOf } from '#src/core/errors/error-lookup.ts';
import { useLocalFiles } from './local-files.ts';

const { folder, ingest } = useLocalFiles();

describe('chunkferry ingest of files', () => {
  it.each([
    ['empty', exitCodes.notFound, 'the folder has no visible files.'],
    ['texts', exitCodes.notFound, 'TwelveLabs takes none of its 1 files by their extensions.'],
    ['*.mov', exitCodes.notFound, 'no file matches it.'],
    ['no-such.mp4', exitCodes.notFound, 'it does not exist.'],
  ])('rejects %s by one line', async (name, ending, flaw) => {
    const { code, stdout, stderr } = await ingest(join(folder, name));
    expect([code, stdout]).toEqual([ending, '']);
    expect(stderr.trim().split('\n')).toEqual([expect.stringContaining(flaw)]);
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
