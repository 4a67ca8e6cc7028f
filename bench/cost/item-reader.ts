import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { localClientConfig } from '#local/emulators/local-account.ts';
import { tableKeys } from '#src/core/shared-with-infra/table-keys.ts';
import type { MarshalledItem } from './item-units.ts';

/** Reads the item that a write is about, without being counted. */
export interface ItemReader {
  read(request: {
    readonly TableName?: string;
    readonly Key?: MarshalledItem;
    readonly Item?: MarshalledItem;
  }): Promise<MarshalledItem | undefined>;
  close(): void;
}

/** Creates a reader of the table at a URL. */
export function createItemReader(url: string): ItemReader {
  const client = new DynamoDBClient(localClientConfig(url));
  const { partitionKey, sortKey } = tableKeys;
  return {
    async read({ TableName, Key, Item }) {
      const named = Key ?? Item ?? {};
      const command = new GetItemCommand({
        TableName,
        Key: { [partitionKey]: named[partitionKey], [sortKey]: named[sortKey] } as never,
        ConsistentRead: true,
      });
      const found = await client.send(command);
      return found.Item as MarshalledItem | undefined;
    },
    close: () => client.destroy(),
  };
}
