/** What S3's error codes say about trying again. */

/** Codes for too many requests, as the AWS SDK for JavaScript classes them (3.1169). */
export const throttlingCodes: ReadonlySet<string> = new Set([
  'BandwidthLimitExceeded',
  'EC2ThrottledException',
  'LimitExceededException',
  'PriorRequestNotComplete',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
  'TransactionInProgressException',
]);

/** The SDK's transient codes, and those that S3's own list of error responses calls temporary. */
const transientCodes: ReadonlySet<string> = new Set([
  'TimeoutError',
  'RequestTimeout',
  'RequestTimeoutException',
  'InternalError',
  'InternalFailure',
  'ServiceUnavailable',
  'ServiceUnavailableException',
  'OperationAborted',
  'ConditionalRequestConflict',
  'ServerBusy',
  'Busy',
]);

/** Codes for a request whose time is not S3's. The SDK corrects its clock by the reply's date. */
const clockCodes: ReadonlySet<string> = new Set([
  'RequestExpired',
  'RequestInTheFuture',
  'RequestTimeTooSkewed',
]);

/** Codes for a wrong signature. The SDK classes them as clock skew, and a wrong key gives them too. */
const signatureCodes: ReadonlySet<string> = new Set([
  'AuthFailure',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
]);

/** Codes for credentials that S3 does not take, and no longer or never will. */
const credentialCodes: ReadonlySet<string> = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidToken',
  'TokenRefreshRequired',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'UnrecognizedClientException',
]);

/** KMS's failures, as S3 passes them on: throttling, time-outs, and KMS being down. */
const transientKms =
  /^KMS\.\w*(Throttl|TimedOut|Timeout|Internal|Unavailable|LimitExceeded|TooMany)/i;

/** Statuses below 500 that pass by themselves. */
const transientStatuses: ReadonlySet<number> = new Set([408, 409, 423, 425, 429]);

/** 501 and 505 say that the server does not know such a request at all. */
const finalServerStatuses: ReadonlySet<number> = new Set([501, 505]);

/** Returns true where the status alone says that the same request may pass later. */
export function isTransientStatus(status: number): boolean {
  if (status >= 500) return !finalServerStatuses.has(status);
  return transientStatuses.has(status);
}

/** Returns true where the code says that the same request may pass later, whatever the status. */
export function isTransientCode(code: string): boolean {
  return throttlingCodes.has(code) || transientCodes.has(code) || transientKms.test(code);
}

/** Returns true for a code that asks for fewer requests. */
export function isThrottlingCode(code: string): boolean {
  return throttlingCodes.has(code) || /^KMS\.\w*Throttl/i.test(code);
}

/** What a refusal says about how a request was signed, if it says anything about that. */
export function signingFault(code: string): 'clock' | 'signature' | 'credentials' | undefined {
  if (clockCodes.has(code)) return 'clock';
  if (signatureCodes.has(code)) return 'signature';
  return credentialCodes.has(code) ? 'credentials' : undefined;
}
