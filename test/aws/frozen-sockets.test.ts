import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { GetAccountSettingsCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { DescribeExecutionCommand, SFNClient } from '@aws-sdk/client-sfn';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createS3Client } from '#src/aws/s3/client.ts';
import { boundedCalls } from '#src/aws/sdk-bounds.ts';
import { type AgentOptions, closeAgent, createAgent } from '#src/http/undici.ts';
import { startPlainServer } from '../http/proxies.ts';

/** A server that can cut a connection when a request arrives on it. */
interface Service {
  readonly endpoint: string;
  /** Requests with a reply or a cut. */
  readonly requests: IncomingMessage[];
  /** All connections since the start. */
  readonly connections: Set<Socket>;
  /** Makes the next request on each open connection reset it. */
  killKept(): void;
}

async function serve(): Promise<Service> {
  const requests: IncomingMessage[] = [];
  const connections = new Set<Socket>();
  let dead = new Set<Socket>();
  const { port } = await startPlainServer((request, response) => {
    const { socket } = request;
    connections.add(socket);
    requests.push(request);
    if (dead.has(socket)) return void socket.resetAndDestroy();
    // All requests of a burst are in flight together, so each has its own socket.
    void setTimeout(50).then(() => response.end('{}'));
  });
  const killKept = () => {
    dead = new Set(connections);
  };
  return { endpoint: `http://127.0.0.1:${port}`, requests, connections, killKept };
}

const place = { region: 'us-east-1', credentials: { accessKeyId: 'own', secretAccessKey: 'x' } };

function s3Call(endpoint: string, options: AgentOptions = {}): () => Promise<unknown> {
  const agent = createAgent(options);
  onTestFinished(() => closeAgent(agent));
  const client = createS3Client({ agent, ...place, endpoint, forcePathStyle: true });
  return async () => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: 'films', Key: 'a.mp4' }));
    return Body?.transformToString();
  };
}

/** One call for each client, in the product's configuration but with one attempt. */
const callOf: Readonly<Record<string, (endpoint: string) => () => Promise<unknown>>> = {
  S3: s3Call,
  DynamoDB: (endpoint) => {
    const client = new DynamoDBClient({ ...boundedCalls, ...place, endpoint, maxAttempts: 1 });
    return () => client.send(new DescribeTableCommand({ TableName: 'proofs' }));
  },
  EventBridge: (endpoint) => {
    const client = new EventBridgeClient({ ...boundedCalls, ...place, endpoint, maxAttempts: 1 });
    return () => client.send(new PutEventsCommand({ Entries: [] }));
  },
  'Step Functions': (endpoint) => {
    const client = new SFNClient({ ...boundedCalls, ...place, endpoint, maxAttempts: 1 });
    return () => client.send(new DescribeExecutionCommand({ executionArn: 'arn' }));
  },
  'Secrets Manager': (endpoint) => {
    const client = new SecretsManagerClient({
      ...boundedCalls,
      ...place,
      endpoint,
      maxAttempts: 1,
    });
    return () => client.send(new GetSecretValueCommand({ SecretId: 'key' }));
  },
  Lambda: (endpoint) => {
    const client = new LambdaClient({ ...boundedCalls, ...place, endpoint, maxAttempts: 1 });
    return () => client.send(new GetAccountSettingsCommand({}));
  },
};

beforeEach(() => {
  for (const name of ['HTTPS_PROXY', 'HTTP_PROXY', 'https_proxy', 'http_proxy']) {
    vi.stubEnv(name, '');
  }
  onTestFinished(() => void vi.unstubAllEnvs());
});

const burst = (call: () => Promise<unknown>) => Promise.all(Array.from({ length: 6 }, call));

describe('B5: a call after six concurrent calls whose sockets the server resets', () => {
  it.each(Object.keys(callOf))('of %s costs no attempt (aws-sdk-js-v3#1196)', async (name) => {
    const service = await serve();
    const call = callOf[name]?.(service.endpoint) as () => Promise<unknown>;
    await burst(call);
    service.killKept();
    await expect(call()).resolves.toBeDefined();
    expect(service.connections.size).toBe(7);
  });

  it('is repeated once, not once for each socket', async () => {
    const service = await serve();
    const call = s3Call(service.endpoint);
    await burst(call);
    service.killKept();
    await call();
    // The server may or may not receive the request on the dead socket.
    expect([7, 8]).toContain(service.requests.length);
  });
});

it('B5: six concurrent calls on dead sockets all succeed', async () => {
  const service = await serve();
  const call = callOf.DynamoDB?.(service.endpoint) as () => Promise<unknown>;
  await burst(call);
  service.killKept();
  await expect(burst(call)).resolves.toHaveLength(6);
});

it('a broken new connection costs an attempt', async () => {
  const { port } = await startPlainServer(({ socket }) => void socket.resetAndDestroy());
  const call = callOf.DynamoDB?.(`http://127.0.0.1:${port}`) as () => Promise<unknown>;
  await expect(call()).rejects.toMatchObject({ code: 'ECONNRESET', $metadata: { attempts: 1 } });
});

it('B5: sockets that were idle while the process was frozen are not reused', async () => {
  let now = 0;
  const service = await serve();
  const call = s3Call(service.endpoint, { now: () => now });
  await burst(call);
  // undici's timers have not run, as in a frozen process.
  now += 12_000;
  await call();
  expect(service.connections.size).toBe(7);
});

it('sockets in steady use stay open', async () => {
  let now = 0;
  const service = await serve();
  const call = s3Call(service.endpoint, { now: () => now });
  for (let i = 0; i < 3; i++) {
    await call();
    await setTimeout(5);
    now += 3_000;
  }
  expect(service.connections.size).toBe(1);
});

describe('a network failure', () => {
  it.each([
    ['a reset', (socket: Socket) => socket.resetAndDestroy()],
    ['an end', (socket: Socket) => socket.end()],
    [
      'a reply cut in its middle',
      (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{'),
    ],
  ])('by %s gets every attempt of the client', async (_what, fail) => {
    let tries = 0;
    const { port } = await startPlainServer(({ socket }) => {
      tries++;
      fail(socket);
    });
    const endpoint = `http://127.0.0.1:${port}`;
    const client = new DynamoDBClient({ ...boundedCalls, ...place, endpoint });
    const calling = client.send(new DescribeTableCommand({ TableName: 'proofs' }));
    await expect(calling).rejects.toThrow();
    expect(tries).toBe(boundedCalls.maxAttempts);
  });
});
