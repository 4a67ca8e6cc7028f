import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CreateTableCommandInput,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { DescribeExecutionCommand, SFNClient } from '@aws-sdk/client-sfn';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startDynamoDb } from '#local/emulators/dynamodb.ts';
import { startEventBridge } from '#local/emulators/eventbridge.ts';
import { localCredentials } from '#local/emulators/local-account.ts';
import { startEmulators } from '#local/emulators/start-emulators.ts';
import { startStepFunctions } from '#local/emulators/step-functions.ts';
import { startExecution } from '#local/state-machine/run.ts';
import { machineOf, task } from './machines.ts';

const config = (endpoint: string) => ({
  endpoint,
  region: 'us-east-1',
  credentials: localCredentials,
});

const table: CreateTableCommandInput = {
  TableName: 'Proofs',
  BillingMode: 'PAY_PER_REQUEST',
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
};

let directory: string;
const closers: (() => unknown)[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'chunkferry-test-'));
});

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await rm(directory, { recursive: true });
});

/** Closes an emulator after the test. */
function closing<T extends { close(): Promise<void> }>(emulator: T): T {
  closers.push(() => emulator.close());
  return emulator;
}

async function client<T extends { destroy(): void }>(created: T): Promise<T> {
  closers.push(() => created.destroy());
  return created;
}

describe('the table', () => {
  const Item = { id: { S: 'a' }, proof: { S: 'kept' } };
  const get = new GetItemCommand({ TableName: 'Proofs', Key: { id: { S: 'a' } } });
  const put = new PutItemCommand({ TableName: 'Proofs', Item });

  it('stores its rows on disk', async () => {
    const first = await startDynamoDb({ directory, table });
    await (await client(new DynamoDBClient(config(first.url)))).send(put);
    await first.close();
    const second = closing(await startDynamoDb({ directory, table }));
    const reply = await (await client(new DynamoDBClient(config(second.url)))).send(get);
    expect(reply.Item).toEqual(Item);
  });

  it('belongs to one process at a time and is free after a kill of the process', async () => {
    const module = join(import.meta.dirname, '../../local/emulators/dynamodb.ts');
    const script = [
      `import { startDynamoDb } from ${JSON.stringify(module)};`,
      `await startDynamoDb({ directory: ${JSON.stringify(directory)} });`,
      "process.stdout.write('up');",
    ].join('\n');
    const holder = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    closers.push(() => holder.kill('SIGKILL'));
    await once(holder.stdout, 'data');
    await expect(startDynamoDb({ directory })).rejects.toMatchObject({
      name: 'ConfigurationError',
      message: `Directory ${directory} is in use: another run is using it. Wait for it to end, or name another directory`,
    });
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    closing(await startDynamoDb({ directory, table }));
  });

  it('rejects a directory that is not writable', async () => {
    const file = join(directory, 'file');
    await writeFile(file, '');
    await expect(startDynamoDb({ directory: file })).rejects.toMatchObject({
      name: 'ConfigurationError',
      message: `Invalid directory ${file}: must be writable`,
    });
  });
});

describe('the event bus', () => {
  const entry = (Detail: string) => ({
    EventBusName: 'default',
    Source: 'test',
    DetailType: 'Test',
    Detail,
  });
  const put = (...details: string[]) => new PutEventsCommand({ Entries: details.map(entry) });

  it('records its events', async () => {
    const bus = closing(await startEventBridge());
    const sender = await client(new EventBridgeClient(config(bus.url)));
    const reply = await sender.send(put('{"n":1}', '{"n":2}'));
    expect(reply).toMatchObject({
      FailedEntryCount: 0,
      Entries: [{ EventId: expect.any(String) }, {}],
    });
    expect(bus.entries).toEqual([entry('{"n":1}'), entry('{"n":2}')]);
  });

  it('fails single entries with failNextEntries', async () => {
    const bus = closing(await startEventBridge());
    const sender = await client(new EventBridgeClient(config(bus.url)));
    bus.failNextEntries(1);
    const reply = await sender.send(put('{"n":1}', '{"n":2}'));
    expect(reply).toMatchObject({
      FailedEntryCount: 1,
      Entries: [{ ErrorCode: 'InternalFailure' }, {}],
    });
    expect(bus.entries).toEqual([entry('{"n":2}')]);
  });

  it('fails whole calls with failNextCalls', async () => {
    const bus = closing(await startEventBridge());
    const sender = await client(new EventBridgeClient({ ...config(bus.url), maxAttempts: 1 }));
    bus.failNextCalls(1);
    await expect(sender.send(put('{}'))).rejects.toMatchObject({ name: 'InternalException' });
    await sender.send(put('{}'));
    expect(bus.entries).toHaveLength(1);
  });
});

describe('DescribeExecution', () => {
  const local = 'arn:aws:states:local:000000000000:execution:Machine:one';
  const real = 'arn:aws:states:eu-west-1:000000000000:execution:Machine:one';
  const describeExecution = (executionArn: string) =>
    new DescribeExecutionCommand({ executionArn });

  it('returns the status from the lookup', async () => {
    const lookup = (arn: string) => (arn === local ? 'RUNNING' : undefined);
    const endpoint = closing(await startStepFunctions({ lookup }));
    const sfn = await client(new SFNClient(config(endpoint.url)));
    expect(await sfn.send(describeExecution(local))).toMatchObject({
      executionArn: local,
      name: 'one',
      status: 'RUNNING',
    });
  });

  it('rejects unknown executions', async () => {
    const endpoint = closing(await startStepFunctions({ lookup: () => undefined }));
    const sfn = await client(new SFNClient(config(endpoint.url)));
    await expect(sfn.send(describeExecution(local))).rejects.toMatchObject({
      name: 'ExecutionDoesNotExist',
    });
  });

  it('returns ABORTED for unknown local executions with unknownLocal, not for real ones', async () => {
    const endpoint = closing(
      await startStepFunctions({ lookup: () => undefined, unknownLocal: 'ABORTED' }),
    );
    const sfn = await client(new SFNClient(config(endpoint.url)));
    expect(await sfn.send(describeExecution(local))).toMatchObject({ status: 'ABORTED' });
    await expect(sfn.send(describeExecution(real))).rejects.toMatchObject({
      name: 'ExecutionDoesNotExist',
    });
  });
});

describe('all emulators together', () => {
  it('follow an execution from running to its end', async () => {
    const emulators = closing(await startEmulators({ buckets: ['media'], table }));
    const { promise, resolve } = Promise.withResolvers<string>();
    const execution = startExecution({
      machine: machineOf({ T: task({ End: true }) }),
      handlers: { Work: () => promise },
      input: {},
    });
    emulators.follow(execution);
    const sfn = await client(
      new SFNClient(config(emulators.environment.AWS_ENDPOINT_URL_SFN ?? '')),
    );
    const status = async () =>
      (await sfn.send(new DescribeExecutionCommand({ executionArn: execution.executionArn })))
        .status;
    expect(await status()).toBe('RUNNING');
    resolve('done');
    await execution.result;
    expect(await status()).toBe('SUCCEEDED');
  });

  it('are on loopback, with endpoints in the environment', async () => {
    const { environment } = closing(await startEmulators({ directory, buckets: [] }));
    const endpoints = Object.entries(environment).filter(([name]) => name.includes('ENDPOINT'));
    expect(endpoints.map(([name]) => name).sort()).toEqual([
      'AWS_ENDPOINT_URL_DYNAMODB',
      'AWS_ENDPOINT_URL_EVENTBRIDGE',
      'AWS_ENDPOINT_URL_S3',
      'AWS_ENDPOINT_URL_SFN',
    ]);
    for (const [, url] of endpoints) expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });
});
