import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { rowLifetimeSeconds } from '#src/core/limits/limits.ts';
import type { Clock } from '#src/core/ports/clock.ts';
import { tableKeys } from '#src/core/shared-with-infra/table-keys.ts';
import type { TransferStore } from '#src/core/transfer/transfer-store.ts';
import { createChunkMethods } from './chunk-methods.ts';
import { createRangeMethods } from './range-methods.ts';
import { createSessionMethods } from './session-methods.ts';
import { openTable } from './table-access.ts';
import { createTransferMethods } from './transfer-methods.ts';

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
    ...createTransferMethods(table, expiry),
    ...createSessionMethods(table),
    ...createChunkMethods(table, expiry),
    ...createRangeMethods(table, expiry),
  };
}
