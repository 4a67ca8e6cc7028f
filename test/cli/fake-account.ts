import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { openTransferTable, type TransferTable } from '#cli/transfers/transfer-table.ts';
import { startDynamoDb } from '#local/emulators/dynamodb.ts';
import { localClientConfig } from '#local/emulators/local-account.ts';
import type { Emulator } from '#local/emulators/loopback.ts';
import { tableDefinition } from '#local/emulators/table-definition.ts';
import { type HttpServer, startServer } from '../http/http-server.ts';
import { now, testClock } from './program-harness.ts';

const place = 'eu-west-1:111122223333';
export const stateMachineArn = `arn:aws:states:${place}:stateMachine:Transfers`;
export const dispatcherName = 'Chunkferry-Dispatcher';

/** A request that the account received. */
export interface AccountRequest {
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** An error reply. */
export interface AccountError {
  readonly code: string;
  readonly message: string;
  /** Default: 400. */
  readonly status?: number;
}

/** An AWS account with one stack: its table is an emulator, its other services answer from a list. */
export interface FakeAccount {
  readonly table: TransferTable;
  readonly requests: AccountRequest[];
  /** The outputs of the stack. Tests change them. */
  outputs: Record<string, string>;
  /** The reply to an operation. A function gets the input; of several errors, the last is repeated. */
  replies: Record<string, AccountError | AccountError[] | ((input: never) => unknown)>;
  /** The environment with which the SDK calls this account. */
  readonly env: Record<string, string>;
}

/** Starts the account for a test file. Each test has an empty list of requests and default replies. */
export function useFakeAccount(): FakeAccount {
  const account = { requests: [], outputs: {}, replies: {}, env: {} } as unknown as FakeAccount;
  let server: HttpServer;
  let dynamoDb: Emulator;
  beforeAll(async () => {
    [server, dynamoDb] = await Promise.all([
      startServer((request, response) => answer(account, request, response)),
      startDynamoDb({ table: tableDefinition('transfers') }),
    ]);
    const config = localClientConfig(dynamoDb.url);
    Object.assign(account, { table: openTransferTable(config, 'transfers', testClock()) });
    Object.assign(account.env, {
      AWS_ENDPOINT_URL: server.origin,
      AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.url,
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'a',
      AWS_SECRET_ACCESS_KEY: 'secret-of-the-operator',
    });
  });
  afterAll(async () => {
    await Promise.all([server.close(), dynamoDb.close()]);
  });
  beforeEach(() => {
    // The SDK reads the environment of the process.
    Object.assign(process.env, account.env);
    account.requests.length = 0;
    account.outputs = {
      StateMachineArn: stateMachineArn,
      TableName: 'transfers',
      DispatcherName: dispatcherName,
      PreflightStateMachineArn: `${stateMachineArn}Preflight`,
      SecretArn: `arn:aws:secretsmanager:${place}:secret:ApiKey-AbCdEf`,
      Destination: 'twelvelabs',
    };
    account.replies = {
      StartExecution: ({ name }: { name: string }) => ({
        executionArn: `${stateMachineArn.replace('stateMachine', 'execution')}:${name}`,
        startDate: now / 1000,
      }),
    };
  });
  return account;
}

async function answer(
  account: FakeAccount,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await text(request);
  const target = request.headers['x-amz-target'];
  const configured = /\/functions\/(.+)\/configuration/.exec(request.url ?? '')?.[1];
  const invoked = /\/functions\/([^/]+)\/invocations/.exec(request.url ?? '')?.[1];
  if (typeof target === 'string') {
    answerJson(account, target.split('.')[1] ?? '', JSON.parse(body), response);
  } else if (configured) {
    const FunctionName = decodeURIComponent(configured);
    answerJson(account, 'GetFunctionConfiguration', { FunctionName }, response);
  } else if (invoked) {
    answerJson(account, `Invoke ${decodeURIComponent(invoked)}`, JSON.parse(body), response);
  } else {
    answerStack(account, new URLSearchParams(body), response);
  }
}

async function answerJson(
  account: FakeAccount,
  operation: string,
  input: Record<string, unknown>,
  response: ServerResponse,
): Promise<void> {
  account.requests.push({ operation, input });
  const planned = account.replies[operation];
  const reply = typeof planned === 'function' ? await planned(input as never) : undefined;
  const error = errorIn(planned);
  response.writeHead(error || !planned ? (error?.status ?? 400) : 200, {
    'content-type': 'application/x-amz-json-1.0',
    ...(error && { 'x-amzn-ErrorType': error.code }),
  });
  const unknown = { code: 'UnknownOperation', message: `no reply to ${operation}` };
  const { code, message } = error ?? unknown;
  response.end(JSON.stringify(reply ?? { __type: code, message }));
}

function errorIn(planned: FakeAccount['replies'][string] | undefined): AccountError | undefined {
  if (Array.isArray(planned)) return planned.length > 1 ? planned.shift() : planned[0];
  return typeof planned === 'object' ? planned : undefined;
}

function answerStack(
  { requests, outputs, replies }: FakeAccount,
  fields: URLSearchParams,
  response: ServerResponse,
): void {
  requests.push({ operation: fields.get('Action') ?? '', input: Object.fromEntries(fields) });
  const error = replies.DescribeStacks as AccountError | undefined;
  const members = Object.entries(outputs).map(
    ([key, value]) =>
      `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  );
  response.writeHead(error ? 400 : 200, { 'content-type': 'text/xml' });
  response.end(
    error
      ? `<ErrorResponse><Error><Type>Sender</Type><Code>${error.code}</Code><Message>${error.message}</Message></Error></ErrorResponse>`
      : `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>Chunkferry</StackName><CreationTime>2026-11-21T00:00:00Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus><Outputs>${members.join('')}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`,
  );
}
