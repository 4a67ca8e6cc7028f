import { beforeEach, describe, expect, it } from 'vitest';
import { exitCodes } from '#cli/exit-codes.ts';
import { sourcesOf } from '#cli/ingest/list-lines.ts';
import type { Source } from '#src/core/source/sources.ts';
import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import { useFakeAccount } from '../fake-account.ts';
import { useFakeBucket } from '../fake-bucket.ts';
import { runProgram } from '../program-harness.ts';
import { putTransfers, transferOf } from '../transfer-records.ts';

const account = useFakeAccount();
const bucket = useFakeBucket();

const GB = 1_000_000_000;

/** The tests share a table: each has keys of its own. */
let test = 0;
const key = (name: string) => `${test}/${name}`;
const url = (name: string) => `s3://films/${key(name)}`;

const inspector = 'arn:aws:lambda:eu-west-1:111122223333:function:Inspect:7';

function configure(...list: Partial<Source>[]) {
  const sources = list.map((source) => ({ bucket: 'films', ...source }));
  account.replies.DescribeStateMachine = () => ({
    definition: JSON.stringify({ States: { InspectSource: { Resource: inspector } } }),
  });
  account.replies.GetFunctionConfiguration = () => ({
    Environment: { Variables: { SOURCES: JSON.stringify({ list: sources, readers: {} }) } },
  });
}

beforeEach(() => {
  test += 1;
  configure({});
  bucket.pages = [
    [
      [key('a.mp4'), 2 * GB],
      [key('inner/'), 0],
    ],
    [[key('inner/b c+.mov'), 1 * GB]],
  ];
});

const startedKeys = () =>
  account.requests
    .filter(({ operation }) => operation === 'StartExecution')
    .map(({ input }) => JSON.parse(String(input.input)).key);

const detached = (...argv: string[]) => runProgram(['ingest', ...argv, '--detach']);

describe('what broke other tools, in chunkferry ingest of a prefix', () => {
  // peak/s5cmd#279, aws/aws-cli#5452
  it('starts keys with special characters as they are', async () => {
    const names = ['2021-04-04+1.mp4', 'a:2.mp4', '[1-0] b.mp4', '100%25 & $c=?.mp4', 'ü 影片.mp4'];
    bucket.pages = [[...names, 'a\u0001b.mp4'].map((name) => [key(name), GB])];
    await detached(url('*.mp4'));
    expect(startedKeys()).toEqual([...names, 'a\u0001b.mp4'].map(key));
  });

  // aws/aws-cli#2385, aws/aws-cli#5268
  it('starts an archived object that is restored', async () => {
    bucket.pages = [
      [
        [key('a.mp4'), GB, 'GLACIER', true],
        [key('b.mp4'), GB, 'DEEP_ARCHIVE'],
      ],
    ];
    const { stderr } = await detached(url(''));
    expect(startedKeys()).toEqual([key('a.mp4')]);
    expect(stderr).toContain(`in an archive class, to be restored first: ${url('b.mp4')}`);
  });

  // peak/s5cmd#235, peak/s5cmd#724
  it('starts one object whose key has the characters of a glob by --raw or --list', async () => {
    const name = 'sample file name ?*.wav';
    await detached(url(name), '--raw');
    expect([startedKeys(), bucket.requests]).toEqual([[key(name)], []]);
  });

  // aws/aws-cli#9841, aws/aws-cli#7066
  it('ends with 3 if nothing has the prefix', async () => {
    bucket.pages = [[]];
    const { code, stderr } = await detached(url('no/such/folder/'));
    expect(code).toBe(exitCodes.notFound);
    expect(stderr.trim().split('\n').at(-1)).toMatch(/^No object in "s3:/);
  });
});

describe('chunkferry ingest of a prefix', () => {
  it('starts each object of all pages, and says before how many and how large', async () => {
    const { code, stderr } = await detached(url(''));
    expect(code).toBe(exitCodes.done);
    expect(stderr.split('\n').slice(0, 3)).toEqual([
      'Stack Chunkferry in eu-west-1, account 111122223333',
      `Leaves out 1 object without content: ${url('inner/')}`,
      'Starts 2 transfers, 2.8 GiB.',
    ]);
    expect(startedKeys()).toEqual([key('a.mp4'), key('inner/b c+.mov')]);
  });

  it('prints a key with a line break as one line, which --list reads back', async () => {
    const name = 'x\ns3://films/private\r.mp4';
    bucket.pages = [[[key(name), GB]]];
    const { stdout } = await runProgram(['ingest', url(''), '--dry-run']);
    expect(stdout).toBe(`"s3://films/${test}/x\\ns3://films/private\\r.mp4"\n`);
    expect(sourcesOf(stdout)).toMatchObject([{ text: url(name) }]);
  });

  it.each([
    ['*.mp4', ['a.mp4']],
    ['inner/*', ['inner/b c+.mov']],
    ['?.m*', ['a.mp4']],
    ['*', ['a.mp4', 'inner/b c+.mov']],
  ])('starts the keys that match %s', async (glob, names) => {
    await detached(url(glob));
    expect(startedKeys()).toEqual(names.map(key));
    const [list] = bucket.requests;
    expect(list?.searchParams.get('prefix')).toBe(key(glob.split(/[*?]/)[0] ?? ''));
  });

  it('starts a whole bucket with --all only', async () => {
    for (const whole of ['s3://films', 's3://films/']) {
      const { code, stdout, stderr } = await detached(whole);
      expect([code, stdout]).toEqual([exitCodes.usage, '']);
      expect(stderr).toBe(
        `Invalid S3 URL "${whole}": it has no key. Use s3://films/key or s3://films/prefix/, or add --all for each object of the bucket.\n`,
      );
    }
    await detached('s3://films', '--all');
    expect(startedKeys()).toHaveLength(2);
  });

  it('leaves out what the sources and the service do not take, by reason', async () => {
    configure({
      prefixes: [key('')],
      suffixes: ['.mp4', '.txt', '.raw'],
      mediaTypes: { '.raw': 'video' },
    });
    bucket.pages = [
      [
        [key('a.mp4'), GB],
        [key('b.raw'), GB],
        [key('c.mov'), GB],
        [key('d.txt'), GB],
        [key('e.mp4'), 20 * GB],
        [key('f.mp4'), GB, 'GLACIER'],
      ],
    ];
    const { stdout, stderr } = await detached(url(''), '--json');
    expect(startedKeys()).toEqual([key('a.mp4'), key('b.raw')]);
    expect(stderr).toContain(
      `Leaves out 1 object by the filters of the sources of the stack: ${url('c.mov')}`,
    );
    expect(JSON.parse(stdout).leftOut).toEqual([
      { source: url('c.mov'), reason: 'filters' },
      { source: url('d.txt'), reason: 'type' },
      { source: url('e.mp4'), reason: 'too-large' },
      { source: url('f.mp4'), reason: 'archived' },
    ]);
  });

  it('starts when run again only what is not moved, by the ETag, and what failed', async () => {
    const source = { sizeBytes: GB, etag: 'e1', bucket: 'films' };
    const outcome = { status: 'cancelled', cancelledBy: 'request' };
    const rows = [
      transferOf(key('moved.mp4'), {
        state: 'ready',
        source: { ...source, key: key('moved.mp4') },
      }),
      transferOf(key('moves.mp4'), {
        state: 'queued',
        source: { ...source, key: key('moves.mp4') },
      }),
      transferOf(key('cancelled.mp4'), {
        state: 'cancelled',
        outcome,
        source: { ...source, key: key('cancelled.mp4') },
      }),
      transferOf(key('failed.mp4'), {
        state: 'failed',
        source: { ...source, key: key('failed.mp4') },
      }),
      transferOf(key('changed.mp4'), {
        state: 'ready',
        source: { ...source, etag: 'e0', key: key('changed.mp4') },
      }),
    ];
    await putTransfers(account.table, ...rows);
    bucket.pages = [rows.map(({ source: { key: name } }) => [name, GB])];
    const { stderr } = await detached(url(''));
    expect(startedKeys()).toEqual([key('failed.mp4'), key('changed.mp4')]);
    expect(stderr).toContain(`1 object moved before: ${url('moved.mp4')}\n`);
    expect(stderr).toContain(`1 object whose transfer was cancelled: ${url('cancelled.mp4')}\n`);
    account.requests.length = 0;
    await detached(url(''), '--force');
    expect(startedKeys()).toHaveLength(5);
  });

  it('starts what was moved to another destination only', async () => {
    const source = { bucket: 'films', key: key('a.mp4'), etag: 'e1', sizeBytes: 2 * GB };
    const moved = { source, destination: 'twelvelabs https://other.example/v1', state: 'ready' };
    await putTransfers(account.table, transferOf(key('a.mp4'), moved as Partial<TransferRecord>));
    await detached(url(''));
    expect(startedKeys()).toContain(key('a.mp4'));
  });

  it('ends with 0 when all was moved before', async () => {
    await putTransfers(
      account.table,
      transferOf(key('a.mp4'), {
        state: 'ready',
        source: { bucket: 'films', key: key('a.mp4'), etag: 'e1', sizeBytes: GB },
      }),
    );
    bucket.pages = [[[key('a.mp4'), GB]]];
    const { code, stdout, stderr } = await detached(url(''));
    expect([code, stdout, startedKeys()]).toEqual([exitCodes.done, '', []]);
    expect(stderr).toContain('Nothing to start.');
  });

  it('prints with --dry-run what it would start, as lines for --list, and starts nothing', async () => {
    const { code, stdout } = await runProgram(['ingest', url(''), '--dry-run']);
    expect([code, startedKeys()]).toEqual([0, []]);
    expect(stdout).toBe(`${url('a.mp4')}\n${url('inner/b c+.mov')}\n`);
  });

  it.each([
    ['no object', [], exitCodes.notFound, 'No object in "s3://films/'],
    [
      'only objects that are left out',
      [['x.txt', GB]],
      exitCodes.notFound,
      'No object to move in "s3://films/',
    ],
  ] as const)('rejects a prefix with %s', async (_, objects, ending, line) => {
    bucket.pages = [objects.map(([name, size]) => [key(name), size])];
    const { code, stdout, stderr } = await detached(url(''));
    expect([code, stdout, startedKeys()]).toEqual([ending, '', []]);
    expect(stderr.trim().split('\n').at(-1)).toContain(line);
  });

  it('rejects a bucket that is no source of the stack before it lists', async () => {
    configure({ bucket: 'other' });
    const { code, stderr } = await detached(url(''));
    expect([code, bucket.requests]).toEqual([exitCodes.usage, []]);
    expect(stderr).toContain('Invalid bucket "films": it is no source of the stack Chunkferry.');
  });

  it('names the permission that is missing to read the filters', async () => {
    account.replies.GetFunctionConfiguration = {
      code: 'AccessDeniedException',
      message: 'no',
      status: 403,
    };
    const { code, stderr } = await detached(url(''));
    expect([code, stderr]).toEqual([
      exitCodes.denied,
      expect.stringContaining('Grant lambda:GetFunctionConfiguration, or use another --profile.'),
    ]);
  });

  it('starts once what two sources name', async () => {
    await detached(url(''), url('a.mp4'));
    expect(startedKeys()).toEqual([key('a.mp4'), key('inner/b c+.mov')]);
  });

  it('rejects a folder in --list: each line is one key', async () => {
    const { code, stderr } = await detached(url(''), '--raw');
    expect([code, stderr]).toEqual([
      exitCodes.usage,
      expect.stringContaining('must name one object'),
    ]);
  });
});
