import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import type { ExecutionHandle } from '../state-machine/run.ts';
import { startDynamoDb } from './dynamodb.ts';
import { type EventBridgeEmulator, startEventBridge } from './eventbridge.ts';
import { localCredentials, localRegion } from './local-account.ts';
import type { Emulator } from './loopback.ts';
import { type S3Emulator, startS3 } from './s3.ts';
import { startStepFunctions } from './step-functions.ts';

export interface EmulatorsOptions {
  /** Folder for objects and rows. Default: a temporary one that `close` removes. */
  readonly directory?: string | undefined;
  readonly buckets: readonly string[];
  /** The table to create unless it exists. */
  readonly table?: CreateTableCommandInput | undefined;
  /** Whether S3 rejects a wrong secret; see `S3Options`. */
  readonly checkSignatures?: boolean | undefined;
}

export interface Emulators {
  readonly s3: S3Emulator;
  readonly dynamoDb: Emulator;
  readonly eventBridge: EventBridgeEmulator;
  readonly stepFunctions: Emulator;
  /** The endpoints and credentials for the AWS SDK. */
  readonly environment: Readonly<Record<string, string>>;
  /** Registers an execution for DescribeExecution. */
  follow(execution: Pick<ExecutionHandle, 'executionArn' | 'status'>): void;
  close(): Promise<void>;
}

/**
 * Starts S3, DynamoDB, EventBridge and Step Functions on free loopback ports. An unregistered local
 * execution counts as aborted: only this process uses the table, so the execution's process has ended.
 * @throws ConfigurationError - another run is using the directory
 */
export async function startEmulators(options: EmulatorsOptions): Promise<Emulators> {
  const executions = new Map<string, Pick<ExecutionHandle, 'executionArn' | 'status'>>();
  const { directory, table } = options;
  const dynamoDb = await startDynamoDb({
    table,
    directory: directory === undefined ? undefined : join(directory, 'table'),
  });
  const temporary =
    directory === undefined ? await mkdtemp(join(tmpdir(), 'chunkferry-')) : undefined;
  const s3 = await startS3({
    ...options,
    directory: temporary ?? join(directory ?? '', 'objects'),
  });
  const eventBridge = await startEventBridge();
  const stepFunctions = await startStepFunctions({
    lookup: (executionArn) => executions.get(executionArn)?.status(),
    unknownLocal: 'ABORTED',
  });
  return {
    s3,
    dynamoDb,
    eventBridge,
    stepFunctions,
    environment: environmentOf({ s3, dynamoDb, eventBridge, stepFunctions }),
    follow: (execution) => executions.set(execution.executionArn, execution),
    async close() {
      await Promise.all([s3, dynamoDb, eventBridge, stepFunctions].map((each) => each.close()));
      if (temporary) await rm(temporary, { recursive: true, force: true });
    },
  };
}

function environmentOf(
  emulators: Readonly<Record<'s3' | 'dynamoDb' | 'eventBridge' | 'stepFunctions', Emulator>>,
): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_S3: emulators.s3.url,
    AWS_ENDPOINT_URL_DYNAMODB: emulators.dynamoDb.url,
    AWS_ENDPOINT_URL_EVENTBRIDGE: emulators.eventBridge.url,
    AWS_ENDPOINT_URL_SFN: emulators.stepFunctions.url,
    AWS_REGION: localRegion,
    AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
  };
}
