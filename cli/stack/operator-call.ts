import { describeSdkFailure, sdkFailure } from '#src/aws/sdk-failure.ts';
import { isTransferError } from '#src/core/errors/errors.ts';
import { CommandError } from '../command-error.ts';

const invalidCredentials =
  /^(ExpiredToken|InvalidClientTokenId|UnrecognizedClient|InvalidSignature|SignatureDoesNotMatch|AuthFailure)/;

/**
 * Calls AWS with the operator's own credentials.
 * @param action - the permission that the call needs, such as `cloudformation:DescribeStacks`
 * @throws CommandError - the call failed; one line that names the action and the way out
 */
export async function operatorCall<T>(action: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw operatorError(action, error);
  }
}

/** Returns the error of a failed call of AWS as an error of a command. */
export function operatorError(action: string, error: unknown): unknown {
  if (error instanceof CommandError || isTransferError(error)) return error;
  const failure = sdkFailure(error);
  const reason = describeSdkFailure(failure).replace(/\.$/, '');
  const { name, message } = failure;
  if (/^Region is missing/.test(message))
    return new CommandError('usage', 'No AWS Region is set. Use --region, or set AWS_REGION.', {
      cause: error,
    });
  if (isExpiredSso(name, message))
    return new CommandError(
      'credentials',
      `The AWS SSO session has expired: ${reason}. Run aws sso login, then the same command again.`,
      { cause: error },
    );
  if (name === 'CredentialsProviderError')
    return new CommandError(
      'credentials',
      `No AWS credentials were found: ${reason}. Use --profile, or set AWS_PROFILE or AWS_ACCESS_KEY_ID.`,
      { cause: error },
    );
  if (invalidCredentials.test(name))
    return new CommandError(
      'credentials',
      `AWS rejected these credentials: ${reason}. Renew them, or use another --profile.`,
      { cause: error },
    );
  if (/^AccessDenied|^UnauthorizedOperation/.test(name))
    return new CommandError(
      'denied',
      `${action} was denied for these credentials: ${reason}. Grant ${action}, or use another --profile.`,
      { cause: error },
    );
  return new CommandError(
    'unavailable',
    `${action} failed: ${reason}. Run the same command again later.`,
    { cause: error },
  );
}

/** The SDK reports an expired login of IAM Identity Center in several ways. */
function isExpiredSso(name: string, message: string): boolean {
  return (
    /^(SSOTokenProviderError|TokenProviderError)$/.test(name) ||
    /SSO session|sso login|Token is expired|SSO Token/i.test(message)
  );
}
