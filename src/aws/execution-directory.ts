import { DescribeExecutionCommand, type SFNClient } from '@aws-sdk/client-sfn';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { ExecutionDirectory, ExecutionEnd } from '#src/core/ports/executions.ts';
import { describeSdkFailure, safeCause, sdkFailure } from './sdk-failure.ts';

/** Errors for an execution that Step Functions does not know, or that this role may not read. */
const unknownCodes = new Set([
  'ExecutionDoesNotExist',
  'InvalidArn',
  'AccessDeniedException',
  'ValidationException',
]);

const unknown: ExecutionEnd = { status: 'unknown' };

/** Our status for each status of Step Functions. An execution that waits for a redrive has not ended. */
const statuses: Readonly<Record<string, ExecutionEnd['status']>> = {
  RUNNING: 'running',
  PENDING_REDRIVE: 'running',
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  TIMED_OUT: 'timed-out',
  ABORTED: 'aborted',
};

/**
 * Creates a directory that reads executions from Step Functions.
 * @throws ExecutionUnknownError - from both methods: DescribeExecution failed; retryable
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
  // A local run's execution id is not an ARN.
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
    if (unknownCodes.has(failure.name)) return unknown;
    const message = `DescribeExecution failed for ${executionId}: ${describeSdkFailure(failure)}`;
    throw new TransferError('ExecutionUnknownError', message, {
      cause: safeCause(error),
      status: failure.status,
    });
  }
}
