import { DescribeExecutionCommand, type SFNClient } from '@aws-sdk/client-sfn';
import { TransferError } from '#src/core/errors.ts';
import type { ExecutionDirectory } from '#src/core/ports.ts';
import { describeSdkFailure, sdkFailure } from './sdk-failure.ts';

/** Answers that mean: not known here, or not ours to ask. */
const untold = new Set([
  'ExecutionDoesNotExist',
  'InvalidArn',
  'AccessDeniedException',
  'ValidationException',
]);

/** An execution that waits to be redriven is not over. */
const alive = new Set<string | undefined>(['RUNNING', 'PENDING_REDRIVE']);

/**
 * Asks Step Functions about executions.
 * @throws ExecutionUnknownError - from `statusOf`: Step Functions can't be asked now; retryable
 */
export function createExecutionDirectory({ client }: { client: SFNClient }): ExecutionDirectory {
  return {
    statusOf: async (executionId) => {
      // Local runs own transfers under ids of their own.
      if (!/^arn:[^:]+:states:/.test(executionId)) return 'unknown';
      try {
        const command = new DescribeExecutionCommand({ executionArn: executionId });
        const { status } = await client.send(command);
        return alive.has(status) ? 'running' : 'ended';
      } catch (error) {
        const failure = sdkFailure(error);
        if (untold.has(failure.name)) return 'unknown';
        throw new TransferError(
          'ExecutionUnknownError',
          `can't tell whether ${executionId} runs: ${describeSdkFailure(failure)}`,
          { cause: error, status: failure.status },
        );
      }
    },
  };
}
