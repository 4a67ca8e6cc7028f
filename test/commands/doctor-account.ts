import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { type HttpServer, startServer } from '../http/http-server.ts';
import { type Ended, runShared } from './run-command.ts';

const region = 'eu-west-1';
const machineArn = `arn:aws:states:${region}:111122223333:stateMachine:Transfers`;
export const preflightArn = `arn:aws:states:${region}:111122223333:stateMachine:Preflight`;
export const executionArn = `arn:aws:states:${region}:111122223333:execution:Preflight:preflight-1`;
export const secretArn = `arn:aws:secretsmanager:${region}:111122223333:secret:ApiKey-AbCdEf`;

export const good = { findings: [{ check: 'list films', ok: true }], passed: 1, failed: 0 };
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
export let account: Record<string, unknown>;
/** All requests, in order. */
export let requests: { readonly operation: string; readonly input: Record<string, unknown> }[];
let server: HttpServer;
/** The environment of the doctor. */
export let environment: Record<string, string>;

/** Starts the account's endpoint, and resets its replies before each test. */
export function useAccount(): void {
  beforeAll(async () => {
    server = await startServer(answer);
  });

  afterAll(() => server.close());

  beforeEach(() => {
    requests = [];
    account = {
      DescribeStacks: {
        StateMachineArn: machineArn,
        PreflightStateMachineArn: preflightArn,
        SecretArn: secretArn,
      },
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
              name: 'CheckRecordOutcome',
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
}

/** Returns DescribeExecution's reply. */
export function ended(status: string, more: object = {}) {
  return { executionArn, stateMachineArn: preflightArn, name: 'preflight-1', status, ...more };
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

/** Returns the reply of a failed operation. */
export function errorReply(code: string, message: string) {
  return { status: 400, __type: code, message };
}

/** Runs the doctor against the account. */
export const doctor = (...args: string[]): Promise<Ended> => runShared('doctor', args, environment);
