import { SFNClient } from '@aws-sdk/client-sfn';
import { createExecutionStarter } from '#src/aws/execution-starter.ts';
import { boundedCalls } from '#src/aws/sdk-bounds.ts';
import { port } from './given.ts';

export const starter = () =>
  port('starter', () => createExecutionStarter({ client: new SFNClient(boundedCalls) }));
