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

/** What each operation of the account answers; a `status` makes it an error. */
let account: Record<string, unknown>;
/** Operations in the order they were asked for, with what was asked. */
let asked: { readonly operation: string; readonly input: Record<string, unknown> }[];
let server: HttpServer;
let environment: Record<string, string>;

beforeAll(async () => {
  server = await startServer(answer);
});

afterAll(() => server.close());

beforeEach(() => {
  asked = [];
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

/** CloudFormation speaks XML, the others JSON. */
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await text(request);
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string') answerJson(target.split('.')[1] ?? '', body, response);
  else answerXml(new URLSearchParams(body), response);
}

function answerJson(operation: string, body: string, response: ServerResponse): void {
  asked.push({ operation, input: JSON.parse(body) });
  const reply = next(operation);
  response.writeHead(reply.status === 400 ? 400 : 200, {
    'content-type': 'application/x-amz-json-1.0',
  });
  response.end(JSON.stringify(reply));
}

/** A list is answered one after the other, the last one for ever. */
function next(operation: string): Record<string, unknown> {
  const planned = account[operation];
  if (!Array.isArray(planned)) return planned as Record<string, unknown>;
  return planned.length > 1 ? planned.shift() : planned[0];
}

function answerXml(fields: URLSearchParams, response: ServerResponse): void {
  const operation = fields.get('Action') ?? '';
  asked.push({ operation, input: Object.fromEntries(fields) });
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

function refused(code: string, message: string) {
  return { status: 400, __type: code, message };
}

const doctor = (...args: string[]) => runToEnd('doctor', args, environment);

describe('npm run doctor', () => {
  it('runs the preflight of the deployed state machine and exits with 0 when all is there', async () => {
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
    const start = asked.find(({ operation }) => operation === 'StartExecution');
    expect(start?.input).toMatchObject({
      stateMachineArn: machineArn,
      input: '{"preflight":true}',
    });
    expect(asked.filter(({ operation }) => operation === 'DescribeExecution')).toHaveLength(2);
  });

  it('lists what is missing with what to do, and exits with 1', async () => {
    const cause = '1 of 3 checks failed: InspectSource: bucket films sends. Mend.';
    account.DescribeExecution = ended('FAILED', { error: 'PreflightFailedError', cause });
    const { code, stdout } = await doctor();
    expect(stdout).toContain(
      [
        'InspectSource',
        '  MISSING  bucket films sends',
        '           the switch is off',
        '           → On.',
        '  note     read films',
        '           it is empty',
        '           → Put a file there.',
        '  …and 1 more that are not listed',
        '',
        '3 checks passed, 1 failed',
        '',
      ].join('\n'),
    );
    expect(code).toBe(1);
  });

  it('says that the secret has no value, without reading it', async () => {
    account.DescribeSecret = { ARN: secretArn };
    const { code, stdout } = await doctor();
    expect(code).toBe(1);
    expect(stdout).toContain(`MISSING  secret: it has a value\n           the secret ${secretArn}`);
    expect(asked.map(({ operation }) => operation)).not.toContain('GetSecretValue');
  });

  it('notes a secret that these credentials may not look at', async () => {
    account.DescribeSecret = refused('AccessDeniedException', 'not authorized');
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

  it('looks for the stack and in the Region that are named', async () => {
    delete environment.AWS_REGION;
    account.DescribeStacks = refused('ValidationError', 'Stack with id Other does not exist');
    const { code, stderr } = await doctor('--stack', 'Other', '--region', 'us-west-2');
    expect(code).toBe(1);
    expect(stderr).toContain('there is no stack "Other" in us-west-2');
  });
});

describe('npm run doctor ends in one line, without a stack trace,', () => {
  async function refusal(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await doctor(...args);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    const lines = stderr.trim().split('\n');
    expect(lines.filter((line) => !line.startsWith('Preflight of '))).toHaveLength(1);
    return lines.at(-1) ?? '';
  }

  it('where there are no credentials', async () => {
    delete environment.AWS_ACCESS_KEY_ID;
    environment.AWS_SHARED_CREDENTIALS_FILE = '/dev/null';
    environment.AWS_CONFIG_FILE = '/dev/null';
    expect(await refusal()).toMatch(/^ConfigurationError: no AWS credentials: .+\.$/);
  });

  it('where no Region is set', async () => {
    delete environment.AWS_REGION;
    environment.AWS_CONFIG_FILE = '/dev/null';
    expect(await refusal()).toContain('no Region is set: give --region');
  });

  it('where the stack is none of transfers', async () => {
    account.DescribeStacks = { ReaderRoleArn: 'arn' };
    expect(await refusal('--stack', 'Source')).toContain(
      'the stack "Source" has no output StateMachineArn',
    );
  });

  it('where the stack may not be asked for', async () => {
    account.DescribeStacks = refused('AccessDenied', 'User: arn:aws:iam::1:user/me may not.');
    expect(await refusal()).toContain(
      'these credentials are not allowed cloudformation:DescribeStacks: AccessDenied (400): User:',
    );
  });

  it('where AWS does not take the credentials', async () => {
    account.DescribeStacks = refused('ExpiredToken', 'The security token is expired');
    expect(await refusal()).toContain('AWS refuses these credentials: ExpiredToken');
  });
});

describe('N23: npm run doctor prints its list also', () => {
  /** The list with what is known, and the exit code 1. */
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
  ])('where %s is not allowed', async (operation, permission) => {
    account[operation] = refused('AccessDeniedException', 'User: me is not authorized.');
    expect(await list()).toContain(
      `  MISSING  the preflight of the functions\n           ConfigurationError: these credentials are not allowed ${permission}: AccessDeniedException (400)`,
    );
  });

  it.each([
    ['an object without findings', '{}'],
    ['the input of the state that failed', '{"error":"PreflightFailedError","cause":"1 of 3"}'],
    ['text that is cut', '{"status":"prefl'],
  ])('where the failed execution carries %s as its output', async (_, output) => {
    const cause = '1 of 3 checks failed: InspectSource: bucket films sends. Mend.';
    account.DescribeExecution = ended('FAILED', { error: 'PreflightFailedError', cause, output });
    expect(await list()).toContain('  MISSING  bucket films sends');
  });

  it('where the history may not be read, with the names of what is missing', async () => {
    const cause = '1 of 3 checks failed: InspectSource: bucket films sends. Mend.';
    account.DescribeExecution = ended('FAILED', { error: 'PreflightFailedError', cause });
    account.GetExecutionHistory = refused('AccessDeniedException', 'no');
    expect(await list()).toContain('InspectSource: bucket films sends');
  });

  it('where the deployed state machine knows no preflight', async () => {
    const error = 'InvalidInputError';
    account.DescribeExecution = ended('FAILED', { error, cause: 'input.bucket is missing.' });
    expect(await list()).toContain(
      `the preflight ${executionArn} ended as FAILED: InvalidInputError: input.bucket is missing`,
    );
  });
});
