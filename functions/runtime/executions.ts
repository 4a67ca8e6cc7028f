import { SFNClient } from '@aws-sdk/client-sfn';
import { createExecutionDirectory } from '#src/aws/execution-directory.ts';
import { boundedCalls } from '#src/aws/sdk-bounds.ts';
import { port } from './given.ts';

export const executions = () =>
  port('executions', () => createExecutionDirectory({ client: new SFNClient(boundedCalls) }));
