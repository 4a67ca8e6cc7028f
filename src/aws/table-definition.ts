import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import { tableSchema } from '#src/core/table-schema.ts';

/**
 * The table as CreateTable takes it, for where no CDK made it: the local run and the tests. Billed
 * by request. TTL is no part of CreateTable; without it chunk and range rows simply stay.
 */
export function tableDefinition(name: string): CreateTableCommandInput {
  const { partitionKey, sortKey, stateIndex } = tableSchema;
  return {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [
      { AttributeName: partitionKey, AttributeType: 'S' },
      { AttributeName: sortKey, AttributeType: 'S' },
      { AttributeName: stateIndex.partitionKey, AttributeType: 'S' },
      { AttributeName: stateIndex.sortKey, AttributeType: 'N' },
    ],
    KeySchema: [
      { AttributeName: partitionKey, KeyType: 'HASH' },
      { AttributeName: sortKey, KeyType: 'RANGE' },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: stateIndex.name,
        KeySchema: [
          { AttributeName: stateIndex.partitionKey, KeyType: 'HASH' },
          { AttributeName: stateIndex.sortKey, KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'ALL' },
      },
    ],
  };
}
