import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type HttpServer, startServer } from '../http/http-server.ts';
import { runToEnd } from './run-command.ts';

const region = 'eu-west-1';
const machineArn = `arn:aws:states:${region}:111122223333:stateMachine:Transfers`;
const executionArn = `arn:aws:states:${region}:111122223333:execution:Transfers:preflight-1`;
const secretArn = `arn:aws:secretsmanager:${region}:111122223333:secret:ApiKey-AbCdEf`;

const good = { findings: [{ check: 'list films', ok: true }], passed: 1, failed: 0 };
const bad = {
  findings: [
    { check: 'bucket films sends', ok: false, problem: 'the switch is off', nextStep: 'On.' },
    { check: 'read films', ok: true, problem: 'it is empty', nextStep: 'Put a file there.' },
  ],
  passed: 2,
  failed: 1,
};
const passedOutput = { status: 'preflight', passed: 1, failed: 0, steps: { InspectSource: good } };
const failedOutput = { status: 'preflight', passed: 2, failed: 1, steps: { InspectSource: bad } };

/** The reply to each operation. A `status` makes it an error. */
let account: Record<string, unknown>;
/** All requests, in order. */
let requests: { readonly operation: string; readonly input: Record<string, unknown> }[];
let server: HttpServer;
let environment: Record<string, string>;

beforeAll(async () => {
  server = await startServer(answer);
});

afterAll(() => server.close());

beforeEach(() => {
  requests = [];
  account = {
    DescribeStacks: { StateMachineArn: machineArn, SecretArn: secretArn },
    StartExecution: { executionArn, startDate: 0 },
    DescribeExecution: ended('SUCCEEDED', { output: JSON.stringify(passedOutput) }),
    DescribeSecret: { ARN: secretArn, VersionIdsToStages: { v: ['AWSCURRENT'] } },
    GetExecutionHistory: {
      events: [
        { id: 9, timestamp: 0, type: 'ExecutionFailed', previousEventId: 8 },
        {
          id: 8,
          timestamp: 0,
          type: 'TaskStateExited',
          previousEventId: 7,
          stateExitedEventDetails: {
            name: 'RecordOutcome',
            output: JSON.stringify({ next: 'fail', output: failedOutput }),
          },
        },
      ],
    },
  };
  environment = {
    AWS_ENDPOINT_URL: server.origin,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: 'a',
    AWS_SECRET_ACCESS_KEY: 'a-secret-of-an-operator',
  };
});

function ended(status: string, more: object = {}) {
  return { executionArn, stateMachineArn: machineArn, name: 'preflight-1', status, ...more };
}

/** Answers in XML for CloudFormation, in JSON for the other services. */
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await text(request);
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string') answerJson(target.split('.')[1] ?? '', body, response);
  else answerXml(new URLSearchParams(body), response);
}

function answerJson(operation: string, body: string, response: ServerResponse): void {
  requests.push({ operation, input: JSON.parse(body) });
  const reply = next(operation);
  response.writeHead(reply.status === 400 ? 400 : 200, {
    'content-type': 'application/x-amz-json-1.0',
  });
  response.end(JSON.stringify(reply));
}

/** Returns the next reply of a list; its last reply repeats. */
function next(operation: string): Record<string, unknown> {
  const planned = account[operation];
  if (!Array.isArray(planned)) return planned as Record<string, unknown>;
  return planned.length > 1 ? planned.shift() : planned[0];
}

function answerXml(fields: URLSearchParams, response: ServerResponse): void {
  const operation = fields.get('Action') ?? '';
  requests.push({ operation, input: Object.fromEntries(fields) });
  const reply = next(operation);
  const isError = reply.status === 400;
  const outputs = Object.entries(reply).map(
    ([key, value]) =>
      `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  );
  response.writeHead(isError ? 400 : 200, { 'content-type': 'text/xml' });
  response.end(
    isError
      ? `<ErrorResponse><Error><Type>Sender</Type><Code>${reply.__type}</Code><Message>${reply.message}</Message></Error></ErrorResponse>`
      : `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>Chunkferry</StackName><CreationTime>2026-11-21T00:00:00Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus><Outputs>${outputs.join('')}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`,
  );
}

function errorReply(code: string, message: string) {
  return { status: 400, __type: code, message };
}

const doctor = (...args: string[]) => runToEnd('doctor', args, environment);

describe('npm run doctor', () => {
  it('runs the preflight of the deployed state machine and exits with 0 if no check fails', async () => {
    account.DescribeExecution = [ended('RUNNING'), account.DescribeExecution];
    const { code, stdout } = await doctor();
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
      stateMachineArn: machineArn,
      input: '{"preflight":true}',
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
      npm_lifecycle_script: 'node local/commands/doctor.ts',
    });
    const { code, stdout, stderr } = await doctor('--json');
    expect([code, stdout, requests]).toEqual([1, '', []]);
    expect(stderr).toContain('npm run --silent doctor -- --json');
  });

  it('prints JSON also for --json before --, which npm keeps for itself', async () => {
    environment.npm_config_json = 'true';
    const { stdout } = await doctor();
    expect(JSON.parse(stdout)).toMatchObject({ status: 'preflight', passed: 2 });
  });

  it('uses the given stack name and Region', async () => {
    delete environment.AWS_REGION;
    account.DescribeStacks = errorReply('ValidationError', 'Stack with id Other does not exist');
    const { code, stderr } = await doctor('--stack', 'Other', '--region', 'us-west-2');
    expect(code).toBe(1);
    expect(stderr).toContain('Stack "Other" does not exist in us-west-2');
  });
});

describe('npm run doctor ends with one line, without a stack trace,', () => {
  async function lastLine(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await doctor(...args);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    const lines = stderr.trim().split('\n');
    expect(lines.filter((line) => !line.startsWith('Running the preflight of '))).toHaveLength(1);
    return lines.at(-1) ?? '';
  }

  it('without credentials', async () => {
    delete environment.AWS_ACCESS_KEY_ID;
    environment.AWS_SHARED_CREDENTIALS_FILE = '/dev/null';
    environment.AWS_CONFIG_FILE = '/dev/null';
    expect(await lastLine()).toMatch(
      /^ConfigurationError: No AWS credentials: .+\. Fix this, then run npm run doctor again\.$/,
    );
  });

  it('without a Region', async () => {
    delete environment.AWS_REGION;
    environment.AWS_CONFIG_FILE = '/dev/null';
    expect(await lastLine()).toContain('No AWS Region is set: use --region');
  });

  it('for a stack that is not a Chunkferry stack', async () => {
    account.DescribeStacks = { ReaderRoleArn: 'arn' };
    expect(await lastLine('--stack', 'Source')).toContain(
      'Invalid stack "Source": it has no output StateMachineArn',
    );
  });

  it('without permission to describe the stack', async () => {
    account.DescribeStacks = errorReply('AccessDenied', 'User: arn:aws:iam::1:user/me may not.');
    expect(await lastLine()).toContain(
      'cloudformation:DescribeStacks was denied for these credentials: AccessDenied (400): User:',
    );
  });

  it('with invalid credentials', async () => {
    account.DescribeStacks = errorReply('ExpiredToken', 'The security token is expired');
    expect(await lastLine()).toContain('AWS rejected these credentials: ExpiredToken');
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

  it('if the deployed state machine has no preflight', async () => {
    const error = 'InvalidInputError';
    account.DescribeExecution = ended('FAILED', { error, cause: 'input.bucket is missing.' });
    expect(await list()).toContain(
      `The preflight ${executionArn} ended as FAILED: InvalidInputError: input.bucket is missing`,
    );
  });
});
