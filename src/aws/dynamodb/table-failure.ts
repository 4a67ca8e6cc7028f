import { describeSdkFailure, safeCause, sdkFailure } from '#src/aws/sdk-failure.ts';
import type { ErrorName } from '#src/core/errors/error-lookup.ts';
import { isTransferError, TransferError } from '#src/core/errors/transfer-error.ts';

/** Errors that no retry fixes: the table is missing, access is denied, or the schema differs. */
const misconfigured = new Set([
  'ResourceNotFoundException',
  'AccessDeniedException',
  'ValidationException',
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'CredentialsProviderError',
]);

/** Returns true if a write's own condition rejected it, which is a result and not a failure. */
export function isConditionFailure(error: unknown): boolean {
  return sdkFailure(error).name === 'ConditionalCheckFailedException';
}

/** Translates the error of a DynamoDB call. */
export function tableError(error: unknown, tableName: string): TransferError {
  if (isTransferError(error)) return error;
  const failure = sdkFailure(error);
  const message = `DynamoDB failed for table ${JSON.stringify(tableName)}: ${describeSdkFailure(failure)}`;
  return new TransferError(nameFor(failure), message, {
    cause: safeCause(error),
    status: failure.status,
  });
}

function nameFor({ name, message, wasSent }: ReturnType<typeof sdkFailure>): ErrorName {
  if (misconfigured.has(name) || message.startsWith('Region is missing')) {
    return 'ConfigurationError';
  }
  // The SDK rejected a value before it sent anything: a bug of this code.
  return wasSent ? 'TableUnavailableError' : 'UnexpectedError';
}
