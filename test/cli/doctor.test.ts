import { beforeEach, describe, expect, it } from 'vitest';
import { exitCodes } from '#cli/exit-codes.ts';
import { useFakeAccount } from './fake-account.ts';
import { now, runProgram } from './program-harness.ts';

const account = useFakeAccount();
const steps = {
  InspectSource: {
    findings: [{ check: 'list films', ok: false, problem: 'denied', nextStep: 'Grant it.' }],
    passed: 1,
    failed: 1,
  },
};

beforeEach(() => {
  const executionArn = 'arn:aws:states:eu-west-1:111122223333:execution:TransfersPreflight:p';
  const output = JSON.stringify({ status: 'preflight', passed: 1, failed: 1, steps });
  account.replies.StartExecution = () => ({ executionArn, startDate: now / 1000 });
  account.replies.DescribeExecution = () => ({ executionArn, status: 'FAILED', output });
  account.replies.DescribeSecret = () => ({ VersionIdsToStages: { v: ['AWSCURRENT'] } });
});

describe('chunkferry doctor', () => {
  it('lists what the preflight found, and ends with 1 if a check failed', async () => {
    const { code, stdout, stderr } = await runProgram(['doctor']);
    expect(code).toBe(exitCodes.failed);
    expect(stderr).toMatch(/^Stack Chunkferry in eu-west-1, account 111122223333\n/);
    expect(stdout).toContain('  ok       secret: it has a value');
    expect(stdout).toContain('  FAILED   list films\n           denied\n           → Grant it.');
    expect(stdout).toMatch(/2 checks passed, 1 failed\n$/);
  });

  it('prints one JSON document with version', async () => {
    const { stdout } = await runProgram(['doctor', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ version: 1, passed: 2, failed: 1, steps });
  });

  it('says what to run again if the preflight could not start', async () => {
    account.replies.StartExecution = { code: 'AccessDeniedException', message: 'no' };
    const { stdout } = await runProgram(['doctor']);
    expect(stdout).toContain('states:StartExecution was denied for these credentials');
    expect(stdout).toContain('Fix this, then run chunkferry doctor again.');
  });
});
