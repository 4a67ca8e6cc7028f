import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { createDynamoQueueStore } from '#src/aws/dynamodb/queue-store.ts';
import { createDynamoTransferStore } from '#src/aws/dynamodb/transfer-store.ts';
import { createEventBridgePublisher } from '#src/aws/event-bridge-publisher.ts';
import { createExecutionDirectory } from '#src/aws/execution-directory.ts';
import { createS3SourceReader } from '#src/aws/s3/source-reader.ts';
import { boundedCalls } from '#src/aws/sdk-bounds.ts';
import { createUndiciRequestHandler } from '#src/aws/undici-request-handler.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { SourceReader } from '#src/core/source/source-reader.ts';
import type { HttpAgent } from '#src/http/undici.ts';
import type { Ports } from '#src/step-support/step.ts';
import { systemClock } from '#src/system/system-clock.ts';
import { localClientConfig } from '../emulators/local-account.ts';

/**
 * Returns the client options for a local server. They override the environment, which has the user's AWS
 * settings for a source at AWS.
 */
const optionsFor = (url: string) => ({ ...boundedCalls, ...localClientConfig(url) });

/** Returns the stores over the table at `url`. */
export function createLocalTable(url: string, tableName: string): Pick<Ports, 'store' | 'queue'> {
  const client = new DynamoDBClient(optionsFor(url));
  const options = { client, tableName, clock: systemClock };
  return { store: createDynamoTransferStore(options), queue: createDynamoQueueStore(options) };
}

/** Returns the publisher for the event bus at `url`. */
export function createLocalEvents(url: string): Pick<Ports, 'events'> {
  const client = new EventBridgeClient(optionsFor(url));
  return { events: createEventBridgePublisher({ client, busName: 'default' }) };
}

/** Returns the execution directory for the endpoint at `url`. */
export function createLocalExecutions(url: string): Pick<Ports, 'executions'> {
  return { executions: createExecutionDirectory({ client: new SFNClient(optionsFor(url)) }) };
}

/**
 * Returns a reader for one file's object in the S3 at `url`, without a shared call rate: a disk needs
 * none. The key identifies the hashed content, so changed content must not be pinned under it.
 * @param etag - the ETag of the hashed content
 */
export function createLocalSource(
  agent: HttpAgent,
  url: string,
  etag: string,
): Pick<Ports, 'source'> {
  const client = new S3Client({
    ...localClientConfig(url),
    requestHandler: createUndiciRequestHandler(agent),
    maxAttempts: 1,
    responseChecksumValidation: 'WHEN_REQUIRED',
    forcePathStyle: true,
  });
  const reader = createS3SourceReader({ clientOf: () => client });
  return { source: { ...reader, inspect: inspectOnly(etag, reader) } };
}

function inspectOnly(etag: string, reader: SourceReader): SourceReader['inspect'] {
  return async (reference, options) => {
    const object = await reader.inspect(reference, options);
    if (object.etag === etag) return object;
    const name = `s3://${reference.bucket}/${reference.key}`;
    throw new TransferError('SourceSupersededError', `${name} changed after it was hashed`);
  };
}
