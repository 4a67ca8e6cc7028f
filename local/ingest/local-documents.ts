import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { localClientConfig } from '../emulators/local-account.ts';

/** Calls `use` with a client for the rows of a local table, then closes the client. */
export async function withLocalDocuments<T>(
  endpoint: string,
  use: (documents: DynamoDBDocumentClient) => Promise<T>,
): Promise<T> {
  const client = new DynamoDBClient(localClientConfig(endpoint));
  try {
    return await use(DynamoDBDocumentClient.from(client));
  } finally {
    client.destroy();
  }
}
