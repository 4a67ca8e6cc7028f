import { describeSdkFailure, sdkFailure } from '#src/aws/sdk-failure.ts';
import { isTransferError, TransferError } from '#src/core/errors/errors.ts';

/**
 * Calls AWS with the operator's own credentials.
 * @param action - the permission that the call takes, such as `cloudformation:DescribeStacks`
 * @throws ConfigurationError - AWS can't be asked, or refuses; one line that names the action
 */
export async function asOperator<T>(action: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw explained(action, error);
  }
}

/** Error codes of AWS for credentials that it does not take. */
const refusedCredentials =
  /^(ExpiredToken|InvalidClientTokenId|UnrecognizedClient|InvalidSignature|SignatureDoesNotMatch|AuthFailure)/;

function explained(action: string, error: unknown): TransferError {
  if (isTransferError(error)) return error;
  const failure = sdkFailure(error);
  const said = describeSdkFailure(failure);
  const message = () => {
    if (/^Region is missing/.test(failure.message)) return 'no Region is set: give --region';
    if (failure.name === 'CredentialsProviderError') return `no AWS credentials: ${said}`;
    if (refusedCredentials.test(failure.name)) return `AWS refuses these credentials: ${said}`;
    if (/^AccessDenied|^UnauthorizedOperation/.test(failure.name)) {
      return `these credentials are not allowed ${action}: ${said}`;
    }
    return `${action} failed: ${said}`;
  };
  return new TransferError('ConfigurationError', withoutStop(message()), { cause: error });
}

/** The line goes on with what to do. */
function withoutStop(sentence: string): string {
  return sentence.replace(/\.$/, '');
}
