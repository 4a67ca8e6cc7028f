import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { rowLifetimeSeconds } from '#src/core/limits/limits.ts';
import type { Clock } from '#src/core/ports/clock.ts';
import { tableKeys } from '#src/core/stack/table-keys.ts';
import type { TransferStore } from '#src/core/transfer/transfer-store.ts';
import { chunkRows } from './chunk-rows.ts';
import { rangeRows } from './range-rows.ts';
import { sessionRows } from './session-rows.ts';
import { openTable } from './table-access.ts';
import { transferRows } from './transfer-rows.ts';

export interface DynamoTransferStoreOptions {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  /** Dates the expiry of chunk and range rows. */
  readonly clock: Clock;
}

/**
 * Stores the rows in one DynamoDB table. Every write is one conditional write of one item; every read
 * of a row is strongly consistent. A repeated write after a lost reply may add one to a count; all
 * else stays the same.
 * @throws TableUnavailableError - from every method; retryable
 * @throws ConfigurationError - the table is missing, access is denied, or the schema differs
 */
export function createDynamoTransferStore(options: DynamoTransferStoreOptions): TransferStore {
  const { client, tableName, clock } = options;
  const table = openTable(client, tableName);
  const expiry = () => ({
    [tableKeys.ttlAttribute]: Math.ceil(clock.now() / 1000) + rowLifetimeSeconds,
  });
  return {
    ...transferRows(table, expiry),
    ...sessionRows(table),
    ...chunkRows(table, expiry),
    ...rangeRows(table, expiry),
  };
}
