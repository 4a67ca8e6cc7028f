import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import { tableSchema } from '#src/core/stack/table-schema.ts';

/**
 * The table as CreateTable takes it, for where no CDK made it: the local run and the tests. Billed
 * by request. TTL is no part of CreateTable; without it chunk and range rows simply stay.
 */
export function tableDefinition(name: string): CreateTableCommandInput {
  const { partitionKey, sortKey, stateIndex, outboxIndex } = tableSchema;
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
