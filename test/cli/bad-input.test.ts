import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { describeError } from '#cli/describe-error.ts';
import { exitCodes } from '#cli/exit-codes.ts';
import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import { useFakeAccount } from './fake-account.ts';
import { runProgram } from './program-harness.ts';
import { putTransfers, transferOf } from './transfer-records.ts';

const account = useFakeAccount();

/** Runs a command that fails, and returns its exit code and its one line. */
async function failing(...argv: string[]) {
  const { code, stdout, stderr } = await runProgram(argv);
  expect(stdout).toBe('');
  expect(stderr).not.toMatch(/\n\s+at /);
  const lines = stderr.trim().split('\n');
  expect(lines).toHaveLength(1);
  return { code, line: lines[0] ?? '' };
}

describe('what AWS rejects', () => {
  const reject = (code: string, message: string) => {
    account.replies.DescribeStacks = { code, message };
  };

  it('names an unknown stack and its Region', async () => {
    reject('ValidationError', 'Stack with id Other does not exist');
    expect(await failing('list', '--stack', 'Other', '--region', 'us-west-2')).toEqual({
      code: exitCodes.notFound,
      line: 'Stack "Other" does not exist in us-west-2. Name another with --stack, --region or --profile.',
    });
  });

  it.each([
    ['ExpiredToken', 'The security token included in the request is expired', 'credentials'],
    ['ExpiredToken', 'The security token is expired', 'credentials'],
    [
      'InvalidClientTokenId',
      'The security token included in the request is invalid',
      'credentials',
    ],
    ['AccessDenied', 'User: arn:aws:iam::1:user/a is not authorized', 'denied'],
  ] as const)('explains %s', async (code, message, ending) => {
    reject(code, message);
    const found = await failing('list');
    expect(found.code).toBe(exitCodes[ending]);
    expect(found.line).toContain(message);
    expect(found.line).toMatch(
      /(Renew them|Grant cloudformation:DescribeStacks), or use another --profile\.$/,
    );
  });

  it.each(['ExpiredTokenException', 'UnrecognizedClientException', 'InvalidClientTokenId'])(
    'explains %s of the table',
    async (code) => {
      process.env.AWS_ENDPOINT_URL_DYNAMODB = account.env.AWS_ENDPOINT_URL;
      account.replies.Query = { code, message: 'The security token is not valid' };
      const found = await failing('list');
      expect(found.code).toBe(exitCodes.credentials);
      expect(found.line).toMatch(/Renew the credentials, or use another --profile\.$/);
    },
  );

  it('names the missing output of another version', async () => {
    delete account.outputs.TableName;
    const { code, line } = await failing('list');
    expect(code).toBe(exitCodes.version);
    expect(line).toContain('Invalid stack "Chunkferry": it has no output TableName.');
  });

  it('names a table that does not exist', async () => {
    account.outputs.TableName = 'other';
    const { code, line } = await failing('list');
    expect(code).toBe(exitCodes.notFound);
    expect(line).toContain('"other"');
  });
});

describe('credentials', () => {
  beforeEach(() => {
    delete process.env.AWS_ACCESS_KEY_ID;
    delete process.env.AWS_SECRET_ACCESS_KEY;
  });

  it('that do not exist: says how to give some', async () => {
    const { code, line } = await failing('list');
    expect(code).toBe(exitCodes.credentials);
    expect(line).toContain('Use --profile, or set AWS_PROFILE or AWS_ACCESS_KEY_ID.');
  });

  it('without a Region: says how to give one', async () => {
    delete process.env.AWS_REGION;
    const { code, line } = await failing('list');
    expect([code, line]).toEqual([
      exitCodes.usage,
      'No AWS Region is set. Use --region, or set AWS_REGION.',
    ]);
  });
});

describe('an expired SSO session', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sso-'));
    const lines = [
      '[profile work]',
      ...['sso_session = corp', 'sso_account_id = 111122223333', 'sso_role_name = ops'],
      '[sso-session corp]',
      ...['sso_region = eu-west-1', 'sso_start_url = https://corp.awsapps.com/start'],
    ];
    writeFileSync(join(folder, 'config'), lines.join('\n'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each([['list'], ['ingest', 's3://films/a.mp4'], ['doctor']])(
    'names the login: %s',
    async (...call) => {
      Object.assign(process.env, { AWS_CONFIG_FILE: join(folder, 'config'), HOME: folder });
      const { code, line } = await failing(...call, '--profile', 'work');
      expect(code).toBe(exitCodes.credentials);
      expect(line).toMatch(
        /^The AWS SSO session has expired: .*work.* Run aws sso login, then the same command again\.$/,
      );
    },
  );
});

describe('a missing permission', () => {
  const denied = { code: 'AccessDeniedException', message: 'User: u is not authorized' };

  it('to read the table is named, with the table', async () => {
    process.env.AWS_ENDPOINT_URL_DYNAMODB = account.env.AWS_ENDPOINT_URL;
    account.replies.Query = denied;
    expect(await failing('list')).toEqual({
      code: exitCodes.denied,
      line: expect.stringMatching(
        /"transfers".*User: u is not authorized\. Grant the action that the message names, on the table and its indexes, or use another --profile\.$/,
      ),
    });
  });
});

describe('a table of an older version', () => {
  it('lacks an index: names the way out', async () => {
    process.env.AWS_ENDPOINT_URL_DYNAMODB = account.env.AWS_ENDPOINT_URL;
    account.replies.Query = {
      code: 'ValidationException',
      message: 'The table does not have the specified index: state-index',
    };
    const { code, line } = await failing('list');
    expect(code).toBe(exitCodes.version);
    expect(line).toMatch(
      /"transfers".*state-index\. It belongs to another version of Chunkferry\. Use the version that the stack was deployed with, or deploy this one\.$/,
    );
  });
});

describe('the name of a transfer', () => {
  it('that two transfers match: names both', async () => {
    const [first, second] = [1, 2].map((ingestNumber) =>
      transferOf('twice.mp4', { state: 'ready', ingestNumber }),
    );
    await putTransfers(account.table, ...([first, second] as TransferRecord[]));
    const { code, line } = await failing('status', 's3://films/twice.mp4');
    expect(code).toBe(exitCodes.ambiguous);
    expect(line).toMatch(
      /^Ambiguous transfer "s3:\/\/films\/twice\.mp4": 2 transfers match: .*\. Name one by its id\.$/,
    );
    for (const one of [first, second]) expect(line).toContain(one?.transferId.slice(0, 12));
  });

  it.each(['s3://films', 's3://films/'])('that has no key: %s', async (url) => {
    expect(await failing('status', url)).toEqual({
      code: exitCodes.usage,
      line: `Invalid S3 URL "${url}": it has no key. Use s3://bucket/key.`,
    });
  });
});

describe('a full disk', () => {
  it.each([
    [
      // As LevelDB words it, which stores the proofs.
      new Error('IO error: /state/0001.log: No space left on device'),
      '/state/0001.log: No space left on device. Fix this, then run the command again.',
    ],
    [
      Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', errno: -28, path: '/out/main.tf' }),
      '/out/main.tf: no space left on device (ENOSPC). Fix this, then run the command again.',
    ],
  ])('is named with its file: %s', (error, line) => {
    expect(describeError(error, 'local')).toEqual({ ending: 'disk', line });
  });

  it('behind stdout is named after the command, without a stack trace', () => {
    const main = fileURLToPath(new URL('../../cli/main.js', import.meta.url));
    const call = ['-c', '"$0" "$@" > /dev/full', process.execPath, main, 'version'];
    const { status, stderr } = spawnSync('bash', call, { encoding: 'utf8' });
    expect([status, stderr]).toEqual([
      exitCodes.disk,
      'The output could not be written: ENOSPC: no space left on device, write. The command itself has run. Free space, or write elsewhere.\n',
    ]);
  });
});

describe('a row that another version wrote', () => {
  it('names row, attribute and the way out', async () => {
    const { DynamoDBClient, PutItemCommand } = await import('@aws-sdk/client-dynamodb');
    const client = new DynamoDBClient({});
    const transferId = 'ab'.repeat(20);
    const item = { transferId: { S: transferId }, row: { S: 'transfer' }, state: { S: 'done' } };
    await client.send(new PutItemCommand({ TableName: 'transfers', Item: item }));
    const { code, line } = await failing('status', transferId);
    expect(code).toBe(exitCodes.version);
    expect(line).toContain(`Unreadable row "transfer" of ${transferId}`);
    expect(line).toContain('another version');
  });
});
