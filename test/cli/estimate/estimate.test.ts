import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { BillLine } from '#cli/estimate/estimate.ts';
import { runProgram } from '../program-harness.ts';
import { billDollars } from './bill-dollars.ts';
import countedBills from './counted-bills.json' with { type: 'json' };

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

  it.each(countedBills.map((bill) => [`${bill.destination} ${bill.filename}`, bill] as const))(
    'is within 5 %% of the counted calls: %s',
    async (_, { destination, sizeBytes, chunkSizeBytes, units }) => {
      const { lines } = await estimateOf(
        ...['--destination', destination, '--bytes', String(sizeBytes), '--objects', '1'],
        ...['--chunk-size', String(chunkSizeBytes)],
      );
      const found = (lines as BillLine[])
        .filter(({ name }) => name !== 'GB-seconds of sending')
        .reduce((sum, { dollars }) => sum + dollars, 0);
      expect(Math.abs(found / billDollars(units) - 1)).toBeLessThan(0.05);
    },
  );

  it.each([
    ['seven-bridges', 24 * MiB, 64 * MiB, 1],
    ['seven-bridges', 4096 * MiB, 256 * MiB, 8],
    ['selfcommunity', 5_000_000, 204_800, 1],
  ])('has the chunks of %s for %i bytes', async (destination, size, chunkSizeBytes, ranges) => {
    const load = ['--destination', destination, '--bytes', String(size), '--objects', '1'];
    expect(await estimateOf(...load)).toMatchObject({ destination, chunkSizeBytes, ranges });
  });

  it('takes the time of each request at a service that takes one chunk at a time', async () => {
    const load = ['--destination', 'selfcommunity', '--bytes', '2048kB', '--objects', '1'];
    const { seconds } = await estimateOf(...load);
    expect(seconds).toEqual({ least: 10 * 0.05 + 10, most: 10 * 0.3 + 10 });
  });

  it('notes that another destination does not take an object of this size', async () => {
    const load = ['--bytes', '60MB', '--objects', '1', '--destination', 'selfcommunity'];
    const { stderr } = await runProgram(['estimate', ...load]);
    expect(stderr).toContain('SelfCommunity takes 47.7 MiB at most');
  });

  it('uses the settings of the environment', async () => {
    const env = {
      SEVEN_BRIDGES_ENVIRONMENT: 'eu',
      SEVEN_BRIDGES_PROJECT: 'ada/genomes',
      SEVEN_BRIDGES_PART_SIZE_BYTES: '8000000',
    };
    const load = ['--bytes', '1GB', '--objects', '1', '--destination', 'seven-bridges', '--json'];
    const { stdout } = await runProgram(['estimate', ...load], { env });
    expect(JSON.parse(stdout).chunkSizeBytes).toBe(8_000_000);
  });

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

  it('prints a next step of a command, not of a stack', async () => {
    const { code, stderr } = await runProgram(['estimate', '--bytes', '3XB', '--objects', '2']);
    expect([code, stderr]).toEqual([
      2,
      'Invalid --bytes "3XB": must be a size such as 256MiB, 1.5GB or 4096 (bytes). Correct the command, then run it again.\n',
    ]);
  });

  it('rejects a Region without prices', async () => {
    const { code, stderr } = await runProgram([
      ...['estimate', '--bytes', '3TB', '--objects', '2', '--region', 'eu-west-1'],
    ]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('Unlisted Region "eu-west-1"')]);
  });
});
