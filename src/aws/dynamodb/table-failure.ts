import { bareCause, describeSdkFailure, sdkFailure } from '#src/aws/sdk-failure.ts';
import { type ErrorName, isTransferError, TransferError } from '#src/core/errors/errors.ts';

/** What no second try can mend: there is no such table, no right to it, or it has another schema. */
const misconfigured = new Set([
  'ResourceNotFoundException',
  'AccessDeniedException',
  'ValidationException',
  'UnrecognizedClientException',
  'CredentialsProviderError',
]);

/** Whether a write was refused by its own condition, which is an answer and no failure. */
export function isConditionFailure(error: unknown): boolean {
  return sdkFailure(error).name === 'ConditionalCheckFailedException';
}

/** Our error for any that a DynamoDB call threw. */
export function tableFailure(error: unknown, tableName: string): TransferError {
  if (isTransferError(error)) return error;
  const failure = sdkFailure(error);
  const message = `table ${JSON.stringify(tableName)}: ${describeSdkFailure(failure)}`;
  return new TransferError(nameFor(failure), message, {
    cause: bareCause(error),
    status: failure.status,
  });
}

function nameFor({ name, message, wasSent }: ReturnType<typeof sdkFailure>): ErrorName {
  if (misconfigured.has(name) || message.startsWith('Region is missing')) {
    return 'ConfigurationError';
  }
  // Refused before it was sent: a value that can't be a row's, so a bug of ours.
  return wasSent ? 'TableUnavailableError' : 'UnexpectedError';
}
