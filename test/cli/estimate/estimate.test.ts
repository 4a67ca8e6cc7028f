import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runProgram } from '../program-harness.ts';

/** The bills that `npm run bench -- --cost` counted, call by call. */
const { bills } = JSON.parse(
  readFileSync(new URL('../../../bench/results/performance.json', import.meta.url), 'utf8'),
) as { bills: Record<string, { sizeBytes: number; chunkSizeBytes: number; dollarsPerTb: number }> };

const MiB = 1024 * 1024;

/** The exact sizes: the results have four digits. */
const sizes: Readonly<Record<string, readonly [sizeBytes: number, chunkSizeBytes: number]>> = {
  '256 MiB in 5 MiB chunks': [256 * MiB, 5 * MiB],
  '256 MiB in 16 MiB chunks': [256 * MiB, 16 * MiB],
  '4 GiB in 5 MiB chunks': [4096 * MiB, 5 * MiB],
  '4 GiB in 16 MiB chunks': [4096 * MiB, 16 * MiB],
};

const estimateOf = async (...argv: string[]) => {
  const { code, stdout } = await runProgram(['estimate', '--json', ...argv]);
  expect(code).toBe(0);
  return JSON.parse(stdout);
};

describe('chunkferry estimate', () => {
  it('knows every counted bill', () => {
    expect(Object.keys(bills).toSorted()).toEqual(Object.keys(sizes).toSorted());
  });

  it.each(Object.entries(sizes))(
    'is within 5 %% of the counted calls: %s',
    async (id, [size, chunk]) => {
      const objects = 1000;
      const bytes = size * objects;
      const { dollars } = await estimateOf(
        ...['--bytes', String(bytes), '--objects', String(objects), '--chunk-size', String(chunk)],
      );
      const perTb = dollars / (bytes / 1e12);
      const counted = bills[id]?.dollarsPerTb ?? Number.NaN;
      expect(Math.abs(perTb / counted - 1)).toBeLessThan(0.05);
    },
  );

  it('gives the traffic as a range until the place of the upload host is known', async () => {
    const load = ['--bytes', '3TB', '--objects', '2000'];
    expect((await estimateOf(...load)).traffic).toEqual({ least: 0, most: 270 });
    const { traffic } = await estimateOf(...load, '--host-region', 'other');
    expect(traffic).toEqual({ least: 60, most: 60 });
  });

  it('takes as long as the senders at 75 to 20 MB/s, and ten seconds for each transfer', async () => {
    const load = ['--bytes', '3TB', '--objects', '2000', '--active', '10', '--senders', '8'];
    const { seconds } = await estimateOf(...load);
    const each = (2000 / 10) * 10;
    expect(seconds).toEqual({ least: 3e12 / (8 * 75e6) + each, most: 3e12 / (8 * 20e6) + each });
  });

  it('prints each price with its date and source', async () => {
    const { stdout, stderr } = await runProgram([
      'estimate',
      '--bytes',
      '3TB',
      '--objects',
      '2000',
    ]);
    expect(stdout).toMatch(
      /state transitions +[\d,]+ +[\d.]+ +2026-11-28 https:\/\/aws.amazon.com/,
    );
    expect(stderr).toContain('never verified against the price list of AWS');
  });

  it('rejects objects of more chunks than an upload session has', async () => {
    const { code, stdout, stderr } = await runProgram([
      ...['estimate', '--bytes', '3TB', '--objects', '1'],
    ]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('has 572,205 chunks, and an upload session has at most 20,000');
  });

  it('notes that the service does not take an object of this size', async () => {
    const { code, stderr } = await runProgram([
      ...['estimate', '--bytes', '20GiB', '--objects', '1'],
    ]);
    expect(code).toBe(0);
    expect(stderr).toContain('An object of 20.0 GiB cannot be moved: TwelveLabs takes 10.0 GiB');
  });

  it('rejects a Region without prices', async () => {
    const { code, stderr } = await runProgram([
      ...['estimate', '--bytes', '3TB', '--objects', '2', '--region', 'eu-west-1'],
    ]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('Unlisted Region "eu-west-1"')]);
  });
});
