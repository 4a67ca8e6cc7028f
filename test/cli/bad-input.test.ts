import { beforeEach, describe, expect, it } from 'vitest';
import { exitCodes } from '#cli/exit-codes.ts';
import { useFakeAccount } from './fake-account.ts';
import { runProgram } from './program-harness.ts';

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
