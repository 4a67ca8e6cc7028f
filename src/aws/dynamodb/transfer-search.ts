import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { tableSchema } from '#src/core/stack/table-schema.ts';
import type { TransferRecord } from '#src/core/transfer/transfer.ts';
import type { Row } from './expressions.ts';
import { tableFailure } from './table-failure.ts';
import { recordOf } from './transfer-rows.ts';

/** Finds transfers by something other than their key. It reads the index of transfers, row by row. */
export interface TransferSearch {
  /** Returns the transfers of an object, all its versions and ingests. */
  ofObject(bucket: string, key: string): Promise<TransferRecord[]>;
  /** Returns the transfers whose id begins with a text. */
  withIdPrefix(prefix: string): Promise<TransferRecord[]>;
}

/** Pages of 1 MB: some 100,000 transfers. A larger table has to be asked by the id. */
const maxPages = 200;

interface Filter {
  readonly expression: string;
  readonly names: Record<string, string>;
  readonly values: Row;
}

/**
 * Opens the search over a table's transfers.
 * @throws TableUnavailableError, ConfigurationError - from every method
 */
export function openTransferSearch(client: DynamoDBClient, tableName: string): TransferSearch {
  // The options belong to the client, which the stores share.
  const document = DynamoDBDocumentClient.from(client, {
    marshallOptions: { removeUndefinedValues: true },
  });
  const find = (filter: Filter) => scan(document, tableName, filter);
  return {
    ofObject: (bucket, key) =>
      find({
        expression: '#source.#bucket = :bucket AND #source.#key = :key',
        names: { '#source': 'source', '#bucket': 'bucket', '#key': 'key' },
        values: { ':bucket': bucket, ':key': key },
      }),
    withIdPrefix: (prefix) =>
      find({
        expression: 'begins_with(#id, :prefix)',
        names: { '#id': tableSchema.partitionKey },
        values: { ':prefix': prefix },
      }),
  };
}

async function scan(
  document: DynamoDBDocumentClient,
  tableName: string,
  { expression, names, values }: Filter,
): Promise<TransferRecord[]> {
  const found: TransferRecord[] = [];
  let ExclusiveStartKey: Row | undefined;
  for (let page = 0; page < maxPages; page++) {
    const command = new ScanCommand({
      TableName: tableName,
      IndexName: tableSchema.stateIndex.name,
      FilterExpression: expression,
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: values,
      ExclusiveStartKey,
    });
    const reply = await document.send(command).catch((error: unknown) => {
      throw tableFailure(error, tableName);
    });
    found.push(...(reply.Items ?? []).map(recordOf));
    ExclusiveStartKey = reply.LastEvaluatedKey;
    if (!ExclusiveStartKey) break;
  }
  return found;
}
