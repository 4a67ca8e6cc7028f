import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createDynamoQueueStore } from '#src/aws/dynamodb/queue-store.ts';
import { createDynamoTransferStore } from '#src/aws/dynamodb/transfer-store.ts';
import { boundedCalls } from '#src/aws/sdk-bounds.ts';
import { required } from '#src/config/environment.ts';
import type { Container, Part, PortPart } from './container.ts';

/** Both stores read and write one table through one client. */
const tableClient: Part<DynamoDBClient> = { build: () => new DynamoDBClient(boundedCalls) };

export const store: PortPart<'store'> = {
  port: 'store',
  build: (container) => createDynamoTransferStore(tableOptions(container)),
};

export const queue: PortPart<'queue'> = {
  port: 'queue',
  build: (container) => createDynamoQueueStore(tableOptions(container)),
};

function tableOptions(container: Container) {
  const { clock, env } = container;
  return { client: container.get(tableClient), tableName: required(env, 'tableName'), clock };
}
