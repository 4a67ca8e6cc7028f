import { type OperatorProblem, operatorFailure } from '#src/aws/operator-failure.ts';
import { isTransferError, TransferError } from '#src/core/errors/errors.ts';

/**
 * Calls AWS with the operator's own credentials.
 * @param action - the permission that the call needs, such as `cloudformation:DescribeStacks`
 * @throws ConfigurationError - the call failed; one line that names the action
 */
export async function asOperator<T>(action: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw explain(action, error);
  }
}

/** What failed, without a full stop: the printed line continues with the next step. */
const descriptions: Readonly<Record<OperatorProblem, (action: string, reason: string) => string>> =
  {
    'no-region': () => 'No AWS Region is set: use --region',
    'expired-login': (_, reason) => `The AWS SSO session has expired: ${reason}`,
    'no-credentials': (_, reason) => `No AWS credentials: ${reason}`,
    'rejected-credentials': (_, reason) => `AWS rejected these credentials: ${reason}`,
    denied: (action, reason) => `${action} was denied for these credentials: ${reason}`,
    other: (action, reason) => `${action} failed: ${reason}`,
  };

function explain(action: string, error: unknown): TransferError {
  if (isTransferError(error)) return error;
  const { problem, reason } = operatorFailure(error);
  const message = descriptions[problem](action, reason);
  return new TransferError('ConfigurationError', message, { cause: error });
}
