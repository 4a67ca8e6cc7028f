import {
  describeSdkFailure,
  type SdkFailure,
  safeCause,
  sdkFailure,
} from '#src/aws/sdk-failure.ts';
import type { ErrorName } from '#src/core/errors/error-lookup.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { isTransientStatus } from '#src/http/status-codes.ts';
import { isTransientCode } from '#src/http/storage-codes.ts';
import { signingFault } from './signing-faults.ts';

/**
 * Translates a failed AssumeRole.
 * @returns SourceUnavailableError if STS or the connection failed; ConfigurationError if this process
 *   has no Region or credentials; SourceRoleRejectedError with STS's message in all other cases
 */
export function explainRoleFailure(error: unknown, roleArn: string): TransferError {
  const failure = sdkFailure(error);
  const options = { cause: safeCause(error), status: failure.status };
  const message = `AssumeRole ${isDenied(failure) ? 'was denied' : 'failed'} for the reader role ${roleArn}: ${describeSdkFailure(failure)}`;
  return new TransferError(nameOf(failure), message, options);
}

function nameOf(failure: SdkFailure): ErrorName {
  if (isOwnFailure(failure)) return 'ConfigurationError';
  return isUnavailable(failure) ? 'SourceUnavailableError' : 'SourceRoleRejectedError';
}

function isDenied(failure: SdkFailure): boolean {
  return !isOwnFailure(failure) && !isUnavailable(failure);
}

/** Returns true for an error of the SDK itself: no Region, or no own credentials. */
function isOwnFailure({ name, wasSent }: SdkFailure): boolean {
  return !wasSent || name === 'CredentialsProviderError';
}

function isUnavailable({ name, status }: SdkFailure): boolean {
  if (status === undefined) return true;
  return isTransientStatus(status) || isTransientCode(name) || signingFault(name) === 'clock';
}
