/**
 * Error codes of S3 and compatible storage for requests that may succeed later, with any status. Reading
 * sources and sending chunks use the same list.
 */

/** Codes for too many requests: those of the AWS SDK for JavaScript (3.1169), and one of compatible storage. */
const throttling: ReadonlySet<string> = new Set([
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
  'TooManyRequests',
  'TooManyRequestsException',
  'TransactionInProgressException',
]);

/** Codes for temporary errors: the SDK's, and those of S3's list of error responses. */
const transient: ReadonlySet<string> = new Set([
  'TimeoutError',
  'RequestTimeout',
  'RequestTimeoutException',
  'IncompleteBody',
  'InternalError',
  'InternalFailure',
  'ServiceUnavailable',
  'ServiceUnavailableException',
  'OperationAborted',
  'ConditionalRequestConflict',
  'ServerBusy',
  'Busy',
]);

/** S3 forwards the error code of KMS, which holds the bucket's key. */
const throttledKms = /^KMS\.\w*(?:Throttl|TooMany|LimitExceeded)/i;

const transientKms = /^KMS\.\w*(?:TimedOut|Timeout|Internal|Unavailable)/i;

/** Returns true if a code asks for fewer requests. */
export function isThrottlingCode(code: string): boolean {
  return throttling.has(code) || throttledKms.test(code);
}

/** Returns true if the same request may succeed later, which includes every throttling code. */
export function isTransientCode(code: string): boolean {
  return isThrottlingCode(code) || transient.has(code) || transientKms.test(code);
}
