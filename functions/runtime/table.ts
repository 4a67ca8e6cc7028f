import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createLeaseRow } from '#src/aws/dynamodb/lease-row.ts';
import { createDynamoQueueStore } from '#src/aws/dynamodb/queue-store.ts';
import { createDynamoTransferStore } from '#src/aws/dynamodb/transfer-store.ts';
import { boundedCalls } from '#src/aws/sdk-bounds.ts';
import { required } from '#src/config/environment.ts';
import type { Lease } from '#src/core/ports/lease.ts';
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

/** The lease of the function that replaces the destination's secret. */
export const secretLease: Part<Lease> = {
  build: (container) => {
    const { client, tableName } = tableOptions(container);
    return createLeaseRow(client, tableName, 'secret');
  },
};

function tableOptions(container: Container) {
  const { clock, env } = container;
  return { client: container.get(tableClient), tableName: required(env, 'tableName'), clock };
}
