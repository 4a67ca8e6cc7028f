import {
  bareCause,
  describeSdkFailure,
  type SdkFailure,
  sdkFailure,
} from '#src/aws/sdk-failure.ts';
import { TransferError } from '#src/core/errors/errors.ts';
import { isTransientCode } from '#src/http/storage-codes.ts';
import { isTransientStatus, signingFault } from './codes.ts';

/**
 * Our error for a role that STS did not give.
 * @returns SourceUnavailableError where STS or the way to it failed; ConfigurationError where there
 *   is nothing to ask it with; SourceRoleRefusedError with what STS said, for all else
 */
export function explainRoleFailure(error: unknown, roleArn: string): TransferError {
  const failure = sdkFailure(error);
  const said = describeSdkFailure(failure);
  const options = { cause: bareCause(error), status: failure.status };
  if (isOwnFailure(failure)) {
    const message = `STS can't be asked for the reader role ${roleArn}: ${said}`;
    return new TransferError('ConfigurationError', message, options);
  }
  return isUnavailable(failure)
    ? new TransferError(
        'SourceUnavailableError',
        `STS does not give the reader role ${roleArn} now: ${said}`,
        options,
      )
    : new TransferError(
        'SourceRoleRefusedError',
        `STS refuses the reader role ${roleArn}: ${said}`,
        options,
      );
}

/** The SDK's own complaint: no Region, no credentials of ours to ask with. */
function isOwnFailure({ name, wasSent }: SdkFailure): boolean {
  return !wasSent || name === 'CredentialsProviderError';
}

function isUnavailable({ name, status }: SdkFailure): boolean {
  if (status === undefined) return true;
  return isTransientStatus(status) || isTransientCode(name) || signingFault(name) === 'clock';
}
