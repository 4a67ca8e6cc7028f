import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createDynamoQueueStore } from '#src/aws/dynamodb/queue-store.ts';
import { boundedCalls } from '#src/aws/sdk-bounds.ts';
import { required } from '#src/config/environment.ts';
import { clock } from './clock.ts';
import { port } from './given.ts';

export const queue = () =>
  port('queue', () =>
    createDynamoQueueStore({
      client: new DynamoDBClient(boundedCalls),
      tableName: required(process.env, 'tableName'),
      clock: clock(),
    }),
  );
