/**
 * Error codes by which S3 and its likes say that the same request may pass later, whatever the
 * status they come with: the one list for reading sources and for sending chunks.
 */

/** For too many requests: as the AWS SDK for JavaScript classes them (3.1169), and one of its likes. */
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

/** For what passes: the SDK's, and those that S3's list of error responses calls temporary. */
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

/** S3 passes on what KMS, which holds the bucket's key, refused with. */
const throttledKms = /^KMS\.\w*(?:Throttl|TooMany|LimitExceeded)/i;

const transientKms = /^KMS\.\w*(?:TimedOut|Timeout|Internal|Unavailable)/i;

/** Whether a code asks for fewer requests. */
export function isThrottlingCode(code: string): boolean {
  return throttling.has(code) || throttledKms.test(code);
}

/** Whether a code says that the same request may pass later; one that asks for fewer does too. */
export function isTransientCode(code: string): boolean {
  return isThrottlingCode(code) || transient.has(code) || transientKms.test(code);
}
