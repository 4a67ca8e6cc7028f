import { SFNClient } from '@aws-sdk/client-sfn';
import { createExecutionDirectory } from '#src/aws/execution-directory.ts';
import { createExecutionStarter } from '#src/aws/execution-starter.ts';
import { boundedCalls } from '#src/aws/sdk-bounds.ts';
import type { Part, PortPart } from './container.ts';

const stepFunctionsClient: Part<SFNClient> = { build: () => new SFNClient(boundedCalls) };

export const executions: PortPart<'executions'> = {
  port: 'executions',
  build: (container) => createExecutionDirectory({ client: container.get(stepFunctionsClient) }),
};

export const starter: PortPart<'starter'> = {
  port: 'starter',
  build: (container) => createExecutionStarter({ client: container.get(stepFunctionsClient) }),
};
