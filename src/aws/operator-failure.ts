import { describeSdkFailure, sdkFailure } from './sdk-failure.ts';

/** What kept an operator's call of AWS from its result. */
export type OperatorProblem =
  | 'no-region'
  | 'expired-login'
  | 'no-credentials'
  | 'rejected-credentials'
  | 'denied'
  | 'other';

export interface OperatorFailure {
  readonly problem: OperatorProblem;
  /** What AWS or the SDK said, without a full stop. */
  readonly reason: string;
}

/** AWS error codes for invalid credentials. */
const invalidCredentials =
  /^(ExpiredToken|InvalidClientTokenId|UnrecognizedClient|InvalidSignature|SignatureDoesNotMatch|AuthFailure)/;

/** Returns why a call with an operator's own credentials failed. */
export function operatorFailure(error: unknown): OperatorFailure {
  const failure = sdkFailure(error);
  const reason = describeSdkFailure(failure).replace(/\.$/, '');
  return { problem: problemOf(failure), reason };
}

function problemOf({ name, message }: ReturnType<typeof sdkFailure>): OperatorProblem {
  if (/^Region is missing/.test(message)) return 'no-region';
  // AWS says of temporary credentials too that their token has expired.
  if (invalidCredentials.test(name)) return 'rejected-credentials';
  if (isExpiredLogin(name, message)) return 'expired-login';
  if (name === 'CredentialsProviderError') return 'no-credentials';
  return /^AccessDenied|^UnauthorizedOperation/.test(name) ? 'denied' : 'other';
}

/** The SDK reports an expired login of IAM Identity Center in several ways. */
function isExpiredLogin(name: string, message: string): boolean {
  return (
    /^(SSOTokenProviderError|TokenProviderError)$/.test(name) ||
    /SSO session|sso login|Token is expired|SSO Token/i.test(message)
  );
}
