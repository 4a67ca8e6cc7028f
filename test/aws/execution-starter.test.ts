import { SFNClient } from '@aws-sdk/client-sfn';
import { afterEach, describe, expect, it } from 'vitest';
import { createExecutionStarter } from '#src/aws/execution-starter.ts';
import { type HttpServer, startServer } from '../http/http-server.ts';

const stateMachineArn = 'arn:aws:states:us-east-1:111122223333:stateMachine:transfers';
const input = { dispatched: { transferId: 't1', fence: 1 }, bucket: 'films', key: 'näh 🎬.mp4' };
const start = { stateMachineArn, name: 't1-1-1', input };

interface Reply {
  readonly status: number;
  readonly body: object;
}

const accepted: Reply = {
  status: 200,
  body: { executionArn: 'arn:one', startDate: 1_795_000_000 },
};
const rejected = (status: number, type: string): Reply => ({
  status,
  body: { __type: type, message: 'said so' },
});

let server: HttpServer | undefined;
afterEach(async () => {
  await server?.close();
});

/** Starts a Step Functions double; it repeats the last of `replies`. */
async function stepFunctions(replies: readonly Reply[], maxAttempts = 1) {
  const asked: { target: unknown; body: Record<string, unknown> }[] = [];
  server = await startServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
    const reply = replies[Math.min(asked.length, replies.length - 1)] as Reply;
    asked.push({ target: request.headers['x-amz-target'], body });
    response.writeHead(reply.status, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify(reply.body));
  });
  const client = new SFNClient({
    endpoint: server.origin,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts,
  });
  return { asked, starter: createExecutionStarter({ client }) };
}

describe('a start by Step Functions', () => {
  it('sends the name and the input as JSON', async () => {
    const { starter, asked } = await stepFunctions([accepted]);
    expect(await starter.start(start)).toBe('started');
    const body = { stateMachineArn, name: 't1-1-1', input: JSON.stringify(input) };
    expect(asked).toEqual([{ target: 'AWSStepFunctions.StartExecution', body }]);
  });

  it('sends the same bytes when it is repeated: a running execution counts as started', async () => {
    const { starter, asked } = await stepFunctions([accepted]);
    expect([await starter.start(start), await starter.start(start)]).toEqual([
      'started',
      'started',
    ]);
    expect(asked[0]).toEqual(asked[1]);
  });

  it.each(['ExecutionAlreadyExists', 'com.amazonaws.swf.service.v2.model#ExecutionAlreadyExists'])(
    'returns `exists` if the reply is %s',
    async (type) => {
      const { starter } = await stepFunctions([rejected(400, type)]);
      expect(await starter.start(start)).toBe('exists');
    },
  );

  it.each([
    [400, 'ThrottlingException'],
    [400, 'ExecutionLimitExceeded'],
    [400, 'StateMachineDeleting'],
    [400, 'AccessDeniedException'],
    [500, 'InternalFailure'],
    [503, 'ServiceUnavailable'],
  ])('throws a retryable error if the reply is %i %s', async (status, type) => {
    const { starter } = await stepFunctions([rejected(status, type)]);
    await expect(starter.start(start)).rejects.toMatchObject({
      name: 'ExecutionNotStartedError',
      disposition: 'retry',
      message: `StartExecution failed for t1-1-1: ${type} (${status}): said so`,
    });
  });

  it('succeeds after one failed reply', async () => {
    const { starter, asked } = await stepFunctions([rejected(500, 'InternalFailure'), accepted], 2);
    expect(await starter.start(start)).toBe('started');
    expect(asked).toHaveLength(2);
  });

  it('returns `exists` if the first reply was lost and the execution has ended', async () => {
    const replies = [rejected(500, 'InternalFailure'), rejected(400, 'ExecutionAlreadyExists')];
    const { starter } = await stepFunctions(replies, 2);
    expect(await starter.start(start)).toBe('exists');
  });

  it('throws a retryable error if no server listens', async () => {
    const { starter } = await stepFunctions([accepted]);
    await server?.close();
    await expect(starter.start(start)).rejects.toMatchObject({ name: 'ExecutionNotStartedError' });
  });
});
