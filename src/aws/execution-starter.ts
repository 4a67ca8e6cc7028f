import { type SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { ExecutionStarter } from '#src/core/ports/executions.ts';
import { describeSdkFailure, safeCause, sdkFailure } from './sdk-failure.ts';

/**
 * Creates a starter that uses Step Functions. StartExecution is idempotent: a running execution with the
 * same name and input counts as started. A name stays in use for 90 days after the execution's end.
 * @throws ExecutionNotStartedError - StartExecution failed
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
        const message = `StartExecution failed for ${name}: ${describeSdkFailure(failure)}`;
        throw new TransferError('ExecutionNotStartedError', message, {
          cause: safeCause(error),
          status: failure.status,
        });
      }
    },
  };
}
