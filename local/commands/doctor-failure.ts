import { describeSdkFailure, sdkFailure } from '#src/aws/sdk-failure.ts';
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

/** AWS error codes for invalid credentials. */
const invalidCredentials =
  /^(ExpiredToken|InvalidClientTokenId|UnrecognizedClient|InvalidSignature|SignatureDoesNotMatch|AuthFailure)/;

function explain(action: string, error: unknown): TransferError {
  if (isTransferError(error)) return error;
  const failure = sdkFailure(error);
  const reason = describeSdkFailure(failure);
  const message = () => {
    if (/^Region is missing/.test(failure.message)) return 'No AWS Region is set: use --region';
    if (failure.name === 'CredentialsProviderError') return `No AWS credentials: ${reason}`;
    if (invalidCredentials.test(failure.name)) return `AWS rejected these credentials: ${reason}`;
    if (/^AccessDenied|^UnauthorizedOperation/.test(failure.name)) {
      return `${action} was denied for these credentials: ${reason}`;
    }
    return `${action} failed: ${reason}`;
  };
  return new TransferError('ConfigurationError', withoutFullStop(message()), { cause: error });
}

/** Removes the full stop. The printed line continues with the next step. */
function withoutFullStop(sentence: string): string {
  return sentence.replace(/\.$/, '');
}
