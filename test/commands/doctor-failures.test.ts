import { describe, expect, it } from 'vitest';
import { type Ending, exitCodes } from '#cli/exit-codes.ts';
import {
  account,
  doctor,
  ended,
  environment,
  errorReply,
  executionArn,
  requests,
  secretArn,
  useAccount,
} from './doctor-account.ts';
import { runToEnd } from './run-command.ts';

useAccount();

describe('npm run doctor ends with one line, without a stack trace,', () => {
  async function lastLine(ending: Ending, ...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await doctor(...args);
    expect(code).toBe(exitCodes[ending]);
    expect(stdout).toBe('');
    const lines = stderr.trim().split('\n');
    expect(lines.filter((line) => !line.startsWith('Running the preflight '))).toHaveLength(1);
    return lines.at(-1) ?? '';
  }

  it('without credentials', async () => {
    delete environment.AWS_ACCESS_KEY_ID;
    environment.AWS_SHARED_CREDENTIALS_FILE = '/dev/null';
    environment.AWS_CONFIG_FILE = '/dev/null';
    expect(await lastLine('credentials')).toMatch(/^No AWS credentials.+\.$/);
  });

  it('without a Region', async () => {
    delete environment.AWS_REGION;
    environment.AWS_CONFIG_FILE = '/dev/null';
    expect(await lastLine('usage')).toContain('No AWS Region is set');
  });

  it('for a stack that is not a Chunkferry stack', async () => {
    account.DescribeStacks = { ReaderRoleArn: 'arn' };
    const line = 'Invalid stack "Source": it has no output StateMachineArn';
    expect(await lastLine('version', '--stack', 'Source')).toContain(line);
    const { code, stderr } = await runToEnd('doctor', ['--stack', 'Source'], environment);
    const lines = [expect.stringContaining(line)];
    expect([code, stderr.trim().split('\n')]).toEqual([exitCodes.version, lines]);
  });

  it('for a stack of a version whose preflight is not a state machine of its own', async () => {
    account.DescribeStacks = { StateMachineArn: 'arn', SecretArn: secretArn };
    expect(await lastLine('version')).toContain(
      'Invalid stack "Chunkferry": it has no output PreflightStateMachineArn. Its deployment has not finished, another version deployed it, or it is not a Chunkferry stack. Deploy it',
    );
    expect(requests.map(({ operation }) => operation)).not.toContain('StartExecution');
  });

  it('without permission to describe the stack', async () => {
    account.DescribeStacks = errorReply('AccessDenied', 'User: arn:aws:iam::1:user/me may not.');
    expect(await lastLine('denied')).toContain(
      'cloudformation:DescribeStacks was denied for these credentials: AccessDenied (400): User:',
    );
  });

  it('with invalid credentials', async () => {
    account.DescribeStacks = errorReply('ExpiredToken', 'The security token is expired');
    expect(await lastLine('credentials')).toContain('AWS rejected these credentials: ExpiredToken');
  });
});

describe('N23: npm run doctor prints its list', () => {
  /** Returns the printed list. Expects the exit code 1. */
  async function list(): Promise<string> {
    const { code, stdout } = await doctor();
    expect(code).toBe(1);
    expect(stdout).toContain('  ok       secret: it has a value');
    expect(stdout).toMatch(/\d+ checks? passed, 1 failed\n$/);
    return stdout;
  }

  it.each([
    ['StartExecution', 'states:StartExecution'],
    ['DescribeExecution', 'states:DescribeExecution'],
  ])('without permission for %s', async (operation, permission) => {
    account[operation] = errorReply('AccessDeniedException', 'User: me is not authorized.');
    expect(await list()).toContain(
      `  FAILED   the preflight of the functions\n           ConfigurationError: ${permission} was denied for these credentials: AccessDeniedException (400)`,
    );
  });

  it.each([
    ['an object without findings', '{}'],
    ['the input of the state that failed', '{"error":"PreflightFailedError","cause":"1 of 3"}'],
    ['incomplete JSON', '{"status":"prefl'],
  ])('if the failed execution has %s as its output', async (_, output) => {
    const cause = '1 of 3 checks failed: InspectSource: bucket films sends. Fix it.';
    account.DescribeExecution = ended('FAILED', { error: 'PreflightFailedError', cause, output });
    expect(await list()).toContain('  FAILED   bucket films sends');
  });

  it('without permission for the history, with the names of the failed checks', async () => {
    const cause = '1 of 3 checks failed: InspectSource: bucket films sends. Fix it.';
    account.DescribeExecution = ended('FAILED', { error: 'PreflightFailedError', cause });
    account.GetExecutionHistory = errorReply('AccessDeniedException', 'no');
    expect(await list()).toContain('InspectSource: bucket films sends');
  });

  it('if the preflight fails without a conclusion', async () => {
    const error = 'Lambda.Unknown';
    account.DescribeExecution = ended('FAILED', {
      error,
      cause: 'The function ran out of memory.',
    });
    expect(await list()).toContain(
      `The preflight ${executionArn} ended as FAILED: Lambda.Unknown: The function ran out of memory`,
    );
  });
});
