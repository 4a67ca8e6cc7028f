import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createDynamoTransferStore } from '#src/aws/dynamodb/transfer-store.ts';
import { boundedCalls } from '#src/aws/sdk-bounds.ts';
import { required } from '#src/config/environment.ts';
import { clock } from './clock.ts';
import { port } from './given.ts';

export const store = () =>
  port('store', () =>
    createDynamoTransferStore({
      client: new DynamoDBClient(boundedCalls),
      tableName: required(process.env, 'tableName'),
      clock: clock(),
    }),
  );
