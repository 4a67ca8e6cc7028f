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
  /** What failed, and what AWS or the SDK said about it, without a full stop: a next step follows. */
  readonly summary: string;
}

/** AWS error codes for invalid credentials. */
const invalidCredentials =
  /^(ExpiredToken|InvalidClientTokenId|UnrecognizedClient|InvalidSignature|SignatureDoesNotMatch|AuthFailure)/;

const summaries: Readonly<Record<OperatorProblem, (action: string, reason: string) => string>> = {
  'no-region': () => 'No AWS Region is set',
  'expired-login': (_, reason) => `The AWS SSO session has expired: ${reason}`,
  'no-credentials': (_, reason) => `No AWS credentials were found: ${reason}`,
  'rejected-credentials': (_, reason) => `AWS rejected these credentials: ${reason}`,
  denied: (action, reason) => `${action} was denied for these credentials: ${reason}`,
  other: (action, reason) => `${action} failed: ${reason}`,
};

/**
 * Returns why a call with an operator's own credentials failed.
 * @param action - the permission that the call needs, such as `cloudformation:DescribeStacks`
 */
export function operatorFailure(action: string, error: unknown): OperatorFailure {
  const failure = sdkFailure(error);
  const problem = problemOf(failure);
  const reason = describeSdkFailure(failure).replace(/\.$/, '');
  return { problem, summary: summaries[problem](action, reason) };
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
