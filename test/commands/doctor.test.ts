import { describe, expect, it } from 'vitest';
import { exitCodes } from '#cli/exit-codes.ts';
import {
  account,
  doctor,
  ended,
  environment,
  errorReply,
  good,
  preflightArn,
  requests,
  secretArn,
  useAccount,
} from './doctor-account.ts';
import { runToEnd } from './run-command.ts';

useAccount();

const script = 'node cli/main.js doctor';

describe('npm run doctor', () => {
  it('runs the deployed preflight and exits with 0 if no check fails', async () => {
    account.DescribeExecution = [ended('RUNNING'), account.DescribeExecution];
    const { code, stdout } = await runToEnd('doctor', [], environment);
    expect(stdout).toBe(
      [
        'Your own credentials',
        '  ok       secret: it has a value',
        '',
        'InspectSource',
        '  ok       list films',
        '',
        '2 checks passed, 0 failed',
        '',
      ].join('\n'),
    );
    expect(code).toBe(0);
    const start = requests.find(({ operation }) => operation === 'StartExecution');
    expect(start?.input).toMatchObject({
      stateMachineArn: preflightArn,
      input: '{}',
    });
    expect(requests.filter(({ operation }) => operation === 'DescribeExecution')).toHaveLength(2);
  });

  it('lists each failed check with its next step, and exits with 1', async () => {
    const cause = '1 of 3 checks failed: InspectSource: bucket films sends. Fix it.';
    account.DescribeExecution = ended('FAILED', { error: 'PreflightFailedError', cause });
    const { code, stdout } = await doctor();
    expect(stdout).toContain(
      [
        'InspectSource',
        '  FAILED   bucket films sends',
        '           the switch is off',
        '           → On.',
        '  note     read films',
        '           it is empty',
        '           → Put a file there.',
        '  …and 1 more',
        '',
        '3 checks passed, 1 failed',
        '',
      ].join('\n'),
    );
    expect(code).toBe(1);
  });

  it('reports a secret without a value, and does not read it', async () => {
    account.DescribeSecret = { ARN: secretArn };
    const { code, stdout } = await doctor();
    expect(code).toBe(1);
    expect(stdout).toContain(`FAILED   secret: it has a value\n           the secret ${secretArn}`);
    expect(requests.map(({ operation }) => operation)).not.toContain('GetSecretValue');
  });

  it.each([
    [undefined, '$TWELVE_LABS_API_KEY'],
    ['twelvelabs', '$TWELVE_LABS_API_KEY'],
    ['seven-bridges', '$SEVEN_BRIDGES_TOKEN'],
  ])('says how to fill the secret of a stack with the destination %s', async (kind, variable) => {
    account.DescribeSecret = { ARN: secretArn };
    account.DescribeStacks = {
      ...(account.DescribeStacks as object),
      ...(kind && { Destination: kind }),
    };
    const { stdout } = await doctor();
    expect(stdout).toContain(
      `put-secret-value --secret-id ${secretArn} --secret-string "${variable}"`,
    );
  });

  it('notes a secret that these credentials may not describe', async () => {
    account.DescribeSecret = errorReply('AccessDeniedException', 'not authorized');
    const { code, stdout } = await doctor();
    expect(code).toBe(0);
    expect(stdout).toContain('note     secret: it has a value');
    expect(stdout).toContain('secretsmanager:DescribeSecret');
  });

  it('prints with --json one object on stdout and nothing else', async () => {
    const { code, stdout } = await doctor('--json');
    expect(code).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'preflight',
      passed: 2,
      failed: 0,
      operator: { failed: 0 },
      steps: { InspectSource: good },
    });
  });

  it('prints no JSON behind npm’s own lines, and does not call AWS', async () => {
    Object.assign(environment, {
      npm_lifecycle_event: 'doctor',
      npm_lifecycle_script: script,
    });
    const { code, stdout, stderr } = await doctor('--json');
    expect([code, stdout, requests]).toEqual([exitCodes.usage, '', []]);
    expect(stderr).toContain('npm run --silent doctor -- --json');
  });

  it('prints JSON also for --json before --, which npm keeps for itself', async () => {
    Object.assign(environment, { npm_config_json: 'true', npm_lifecycle_script: script });
    const { stdout } = await doctor();
    expect(JSON.parse(stdout)).toMatchObject({ status: 'preflight', passed: 2 });
  });

  it('uses the given stack name and Region', async () => {
    delete environment.AWS_REGION;
    account.DescribeStacks = errorReply('ValidationError', 'Stack with id Other does not exist');
    const { code, stderr } = await doctor('--stack', 'Other', '--region', 'us-west-2');
    expect(code).toBe(exitCodes.notFound);
    expect(stderr).toContain('Stack "Other" does not exist in us-west-2');
  });
});
