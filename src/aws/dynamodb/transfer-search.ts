import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { tableKeys } from '#src/core/shared-with-infra/table-keys.ts';
import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import type { Row } from './expressions.ts';
import { nextKeyOf } from './table-access.ts';
import { tableError } from './table-failure.ts';
import { recordOf } from './transfer-methods.ts';

/** Finds transfers by something other than their key. It reads the index of transfers, row by row. */
export interface TransferSearch {
  /** Returns the transfers of an object, all its versions and ingests. */
  ofObject(bucket: string, key: string): Promise<TransferRecord[]>;
  /** Returns the transfers of the objects of a bucket whose keys begin with a prefix. */
  underPrefix(bucket: string, prefix: string): Promise<TransferRecord[]>;
  /** Returns the transfers whose id begins with a text. */
  withIdPrefix(prefix: string): Promise<TransferRecord[]>;
}

/** Pages of 1 MB that one search reads: some 100,000 transfers. */
const maxSearchPages = 200;

interface Filter {
  readonly expression: string;
  readonly names: Record<string, string>;
  readonly values: Row;
}

/**
 * Opens the search over a table's transfers.
 * @throws TableUnavailableError, ConfigurationError - from every method
 * @throws InvalidInputError - from every method: the table has more pages than a search reads
 */
export function openTransferSearch(
  client: DynamoDBClient,
  tableName: string,
  maxPages = maxSearchPages,
): TransferSearch {
  // The options belong to the client, which the stores share.
  const document = DynamoDBDocumentClient.from(client, {
    marshallOptions: { removeUndefinedValues: true },
  });
  const find = (filter: Filter) => scan({ document, tableName, maxPages }, filter);
  return {
    ofObject: (bucket, key) =>
      find({
        expression: '#source.#bucket = :bucket AND #source.#key = :key',
        names: { '#source': 'source', '#bucket': 'bucket', '#key': 'key' },
        values: { ':bucket': bucket, ':key': key },
      }),
    underPrefix: (bucket, prefix) =>
      // A condition on an empty text is an error.
      find({
        expression: `#source.#bucket = :bucket${prefix && ' AND begins_with(#source.#key, :prefix)'}`,
        names: { '#source': 'source', '#bucket': 'bucket', ...(prefix && { '#key': 'key' }) },
        values: { ':bucket': bucket, ...(prefix && { ':prefix': prefix }) },
      }),
    withIdPrefix: (prefix) =>
      find({
        expression: 'begins_with(#id, :prefix)',
        names: { '#id': tableKeys.partitionKey },
        values: { ':prefix': prefix },
      }),
  };
}

interface SearchedTable {
  readonly document: DynamoDBDocumentClient;
  readonly tableName: string;
  readonly maxPages: number;
}

async function scan(
  { document, tableName, maxPages }: SearchedTable,
  { expression, names, values }: Filter,
): Promise<TransferRecord[]> {
  const found: TransferRecord[] = [];
  let ExclusiveStartKey: Row | undefined;
  for (let page = 0; page < maxPages; page++) {
    const command = new ScanCommand({
      TableName: tableName,
      IndexName: tableKeys.stateIndex.name,
      FilterExpression: expression,
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: values,
      ExclusiveStartKey,
    });
    const reply = await document.send(command).catch((error: unknown) => {
      throw tableError(error, tableName);
    });
    found.push(...(reply.Items ?? []).map(recordOf));
    ExclusiveStartKey = nextKeyOf(reply);
    if (!ExclusiveStartKey) return found;
  }
  throw new TransferError(
    'InvalidInputError',
    `Search in table ${tableName} stopped after ${maxPages} pages: it has more transfers than a search reads. Name the transfer by its whole id`,
  );
}
