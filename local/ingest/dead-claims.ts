import { type DynamoDBDocumentClient, paginateScan, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { tableKeys } from '#src/core/shared-with-infra/table-keys.ts';
import { withLocalDocuments } from './local-documents.ts';

/**
 * Releases every range claim in a table that only this process uses: the process that claimed a range
 * has ended. In AWS, a successor waits instead, because the function may still be sending.
 */
export function releaseDeadClaims(endpoint: string, tableName: string): Promise<void> {
  return withLocalDocuments(endpoint, async (client) => {
    const FilterExpression = 'attribute_exists(claimUntil)';
    for await (const page of paginateScan({ client }, { TableName: tableName, FilterExpression }))
      for (const item of page.Items ?? []) await release(client, tableName, item);
  });
}

async function release(
  client: DynamoDBDocumentClient,
  TableName: string,
  item: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { partitionKey, sortKey } = tableKeys;
  await client.send(
    new UpdateCommand({
      TableName,
      Key: { [partitionKey]: item[partitionKey], [sortKey]: item[sortKey] },
      UpdateExpression: 'SET claimUntil = :past',
      ExpressionAttributeValues: { ':past': 0 },
    }),
  );
}
