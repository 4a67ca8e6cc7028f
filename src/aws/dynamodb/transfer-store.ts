import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { rowLifetimeSeconds } from '#src/core/limits/limits.ts';
import type { Clock } from '#src/core/ports/clock.ts';
import { tableSchema } from '#src/core/stack/table-schema.ts';
import type { TransferStore } from '#src/core/transfer/transfer-store.ts';
import { chunkRows } from './chunk-rows.ts';
import { rangeRows } from './range-rows.ts';
import { sessionRows } from './session-rows.ts';
import { openTable } from './table-access.ts';
import { transferRows } from './transfer-rows.ts';

export interface DynamoTransferStoreOptions {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  /** For the time by which chunk and range rows expire. */
  readonly clock: Clock;
}

/**
 * Keeps the rows in one DynamoDB table. Every write is one conditional write of one item, every read
 * of a row is strongly consistent. Counts may be one too high where a reply was lost and the SDK
 * wrote again; everything else is the same after a second write.
 * @throws TableUnavailableError - from every method; retryable
 * @throws ConfigurationError - there is no such table, no right to it, or it has another schema
 */
export function createDynamoTransferStore(options: DynamoTransferStoreOptions): TransferStore {
  const { client, tableName, clock } = options;
  const table = openTable(client, tableName);
  const expiry = () => ({
    [tableSchema.ttlAttribute]: Math.ceil(clock.now() / 1000) + rowLifetimeSeconds,
  });
  return {
    ...transferRows(table, expiry),
    ...sessionRows(table),
    ...chunkRows(table, expiry),
    ...rangeRows(table, expiry),
  };
}
