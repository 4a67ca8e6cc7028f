import { DescribeExecutionCommand, type SFNClient } from '@aws-sdk/client-sfn';
import { TransferError } from '#src/core/errors/errors.ts';
import type { ExecutionDirectory, ExecutionEnd } from '#src/core/ports/executions.ts';
import { bareCause, describeSdkFailure, sdkFailure } from './sdk-failure.ts';

/** Answers that mean: not known here, or not ours to ask. */
const untold = new Set([
  'ExecutionDoesNotExist',
  'InvalidArn',
  'AccessDeniedException',
  'ValidationException',
]);

const unknown: ExecutionEnd = { status: 'unknown' };

/** An execution that waits to be redriven is not over. */
const statuses: Readonly<Record<string, ExecutionEnd['status']>> = {
  RUNNING: 'running',
  PENDING_REDRIVE: 'running',
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  TIMED_OUT: 'timed-out',
  ABORTED: 'aborted',
};

/**
 * Asks Step Functions about executions.
 * @throws ExecutionUnknownError - from both: Step Functions can't be asked now; retryable
 */
export function createExecutionDirectory({ client }: { client: SFNClient }): ExecutionDirectory {
  const endOf = (executionId: string) => describe(client, executionId);
  return {
    endOf,
    statusOf: async (executionId) => {
      const { status } = await endOf(executionId);
      return status === 'running' || status === 'unknown' ? status : 'ended';
    },
  };
}

async function describe(client: SFNClient, executionId: string): Promise<ExecutionEnd> {
  // Local runs own transfers under ids of their own.
  if (!/^arn:[^:]+:states:/.test(executionId)) return unknown;
  try {
    const command = new DescribeExecutionCommand({ executionArn: executionId });
    const { status, startDate, input, error, cause } = await client.send(command);
    const known = status && statuses[status];
    return known
      ? { status: known, startedAt: startDate?.getTime(), input, error, cause }
      : unknown;
  } catch (error) {
    const failure = sdkFailure(error);
    if (untold.has(failure.name)) return unknown;
    throw new TransferError(
      'ExecutionUnknownError',
      `can't tell whether ${executionId} runs: ${describeSdkFailure(failure)}`,
      { cause: bareCause(error), status: failure.status },
    );
  }
}
