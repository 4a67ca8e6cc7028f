import { beforeEach, describe, expect, it } from 'vitest';
import { exitCodes } from '#cli/exit-codes.ts';
import { useFakeAccount } from '../fake-account.ts';
import { useFakeBucket } from '../fake-bucket.ts';
import { runProgram } from '../program-harness.ts';

useFakeAccount();
const bucket = useFakeBucket();

const GB = 1_000_000_000;

beforeEach(() => {
  bucket.pages = [
    [
      ['archive/', 0],
      ['archive/a.mp4', 2 * GB],
    ],
    [
      ['archive/b.mov', 1 * GB, 'DEEP_ARCHIVE'],
      ['archive/notes.txt', 100],
    ],
  ];
});

describe('chunkferry estimate of a prefix', () => {
  it('sums the objects of all pages, without folders and empty objects', async () => {
    const { code, stdout, stderr } = await runProgram([
      'estimate',
      's3://films/archive/',
      '--json',
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ version: 1, objects: 3, bytes: 3 * GB + 100 });
    expect(stderr).toContain('1 object archived: restore before the transfer.');
    expect(stderr).toContain('1 object counted that TwelveLabs does not take by the extension.');
    const lists = bucket.requests.filter(({ searchParams }) => searchParams.has('list-type'));
    expect(lists.map(({ searchParams }) => searchParams.get('prefix'))).toEqual([
      'archive/',
      'archive/',
    ]);
  });

  it('rejects a bucket in a Region without prices, unless --region chooses others', async () => {
    bucket.region = 'eu-west-1';
    const { code, stderr } = await runProgram(['estimate', 's3://films']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('"eu-west-1" of the bucket')]);
    const forced = await runProgram(['estimate', 's3://films', '--region', 'us-east-1']);
    expect(forced.code).toBe(0);
  });

  it('rejects a bucket whose Region S3 does not name, unless --region chooses one', async () => {
    bucket.headStatus = 403;
    const { code, stdout, stderr } = await runProgram(['estimate', 's3://films']);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('Unknown Region of the bucket in "s3://films"');
    const forced = await runProgram(['estimate', 's3://films', '--region', 'us-east-1']);
    expect(forced.code).toBe(0);
  });

  it('counts the objects that are larger than the service takes', async () => {
    bucket.pages = [
      [
        ['a.mp4', 11 * 1024 ** 3],
        ['b.jpg', 40 * 1024 ** 2],
        ['c.mp4', 10 * 1024 ** 3],
      ],
    ];
    const { code, stderr } = await runProgram(['estimate', 's3://films']);
    expect(code).toBe(0);
    expect(stderr).toContain('2 objects counted that cannot be moved: larger than TwelveLabs');
  });

  it.each([
    [
      ['s3://films/Archive/'],
      exitCodes.notFound,
      'No object with content in "s3://films/Archive/"',
    ],
    [['films/archive'], exitCodes.usage, 'must be s3://bucket or s3://bucket/prefix'],
    [['s3://films', '--bytes', '1TB'], exitCodes.usage, 'it needs either'],
    [[], exitCodes.usage, 'it needs either'],
  ])('rejects %j by one line', async (argv, ending, line) => {
    bucket.pages = [[]];
    const { code, stdout, stderr } = await runProgram(['estimate', ...argv]);
    expect([code, stdout]).toEqual([ending, '']);
    expect(stderr.trim().split('\n')).toEqual([expect.stringContaining(line)]);
  });

  it('names a bucket that does not exist', async () => {
    bucket.error = 'NoSuchBucket';
    const { code, stderr } = await runProgram(['estimate', 's3://films/archive']);
    expect([code, stderr]).toEqual([
      exitCodes.notFound,
      expect.stringContaining('The bucket of "s3://films/archive" does not exist.'),
    ]);
  });
});
