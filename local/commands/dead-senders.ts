import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, paginateScan, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { tableSchema } from '#src/core/table-schema.ts';
import { localClientConfig } from '../emulators/local-account.ts';

/**
 * Gives back every claim in a table that this process has for itself: whoever claimed a range died
 * with the process before. In AWS a successor waits instead, for a function may still be sending.
 */
export async function forgetDeadSenders(endpoint: string, tableName: string): Promise<void> {
  const client = new DynamoDBClient(localClientConfig(endpoint));
  const table = DynamoDBDocumentClient.from(client);
  const { partitionKey, sortKey } = tableSchema;
  const pages = paginateScan(
    { client: table },
    { TableName: tableName, FilterExpression: 'attribute_exists(claimUntil)' },
  );
  for await (const { Items = [] } of pages) {
    for (const item of Items) {
      await table.send(
        new UpdateCommand({
          TableName: tableName,
          Key: { [partitionKey]: item[partitionKey], [sortKey]: item[sortKey] },
          UpdateExpression: 'SET claimUntil = :past',
          ExpressionAttributeValues: { ':past': 0 },
        }),
      );
    }
  }
  client.destroy();
}
