import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createDynamoTurnStore } from '#src/aws/dynamo-turn-store.ts';
import { boundedCalls } from '#src/aws/sdk-bounds.ts';
import { required } from '#src/config/environment.ts';
import { clock } from './clock.ts';
import { port } from './given.ts';

export const turns = () =>
  port('turns', () =>
    createDynamoTurnStore({
      client: new DynamoDBClient(boundedCalls),
      tableName: required(process.env, 'tableName'),
      clock: clock(),
    }),
  );
