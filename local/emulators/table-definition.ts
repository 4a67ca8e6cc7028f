import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import { tableKeys } from '#src/core/shared-with-infra/table-keys.ts';

/**
 * Returns the table's definition for CreateTable, for local runs and tests. CreateTable cannot set the
 * TTL, so chunk and range rows do not expire.
 */
export function tableDefinition(name: string): CreateTableCommandInput {
  const { partitionKey, sortKey, stateIndex, outboxIndex } = tableKeys;
  return {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [
      { AttributeName: partitionKey, AttributeType: 'S' },
      { AttributeName: sortKey, AttributeType: 'S' },
      { AttributeName: stateIndex.partitionKey, AttributeType: 'S' },
      // Both indexes sort by the same attribute, which may be named only once.
      { AttributeName: stateIndex.sortKey, AttributeType: 'N' },
      { AttributeName: outboxIndex.partitionKey, AttributeType: 'S' },
    ],
    KeySchema: [
      { AttributeName: partitionKey, KeyType: 'HASH' },
      { AttributeName: sortKey, KeyType: 'RANGE' },
    ],
    GlobalSecondaryIndexes: [stateIndex, outboxIndex].map((index) => ({
      IndexName: index.name,
      KeySchema: [
        { AttributeName: index.partitionKey, KeyType: 'HASH' },
        { AttributeName: index.sortKey, KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'ALL' },
    })),
  };
}
