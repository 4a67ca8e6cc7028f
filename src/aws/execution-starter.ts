import { type SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { TransferError } from '#src/core/errors/errors.ts';
import type { ExecutionStarter } from '#src/core/ports/executions.ts';
import { bareCause, describeSdkFailure, sdkFailure } from './sdk-failure.ts';

/**
 * Starts executions by Step Functions. One of the same name and input that still runs counts as started:
 * StartExecution is idempotent for it, and refuses the name for 90 days after it has ended.
 */
export function createExecutionStarter({ client }: { client: SFNClient }): ExecutionStarter {
  return {
    start: async ({ stateMachineArn, name, input }) => {
      try {
        const started = { stateMachineArn, name, input: JSON.stringify(input) };
        await client.send(new StartExecutionCommand(started));
        return 'started';
      } catch (error) {
        const failure = sdkFailure(error);
        if (failure.name === 'ExecutionAlreadyExists') return 'exists';
        const message = `execution ${name}: ${describeSdkFailure(failure)}`;
        throw new TransferError('ExecutionNotStartedError', message, {
          cause: bareCause(error),
          status: failure.status,
        });
      }
    },
  };
}
