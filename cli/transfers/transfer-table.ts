import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { createDynamoQueueStore } from '#src/aws/dynamodb/queue-store.ts';
import { openTransferSearch, type TransferSearch } from '#src/aws/dynamodb/transfer-search.ts';
import { createDynamoTransferStore } from '#src/aws/dynamodb/transfer-store.ts';
import type { Clock } from '#src/core/ports/clock.ts';
import type { QueueStore } from '#src/core/queue/queue.ts';
import type { TransferStore } from '#src/core/transfer/transfer-store.ts';

/** One table of transfers, as the program reads it. */
export interface TransferTable {
  readonly store: TransferStore;
  readonly queue: QueueStore;
  readonly search: TransferSearch;
}

/** Opens a table. */
export function openTransferTable(
  config: DynamoDBClientConfig,
  tableName: string,
  clock: Clock,
): TransferTable {
  const client = new DynamoDBClient(config);
  const options = { client, tableName, clock };
  return {
    store: createDynamoTransferStore(options),
    queue: createDynamoQueueStore(options),
    search: openTransferSearch(client, tableName),
  };
}
