import { Duration } from 'aws-cdk-lib';
import { JitterType, type RetryProps } from 'aws-cdk-lib/aws-stepfunctions';
import { type ErrorName, errorNames } from '#src/core/errors/errors.ts';
import { boundOf } from '#src/core/limits/recovery-bounds.ts';

/**
 * The only error names that Retry may hold beside our own (src/core/errors/errors.ts): those by which
 * Lambda and Step Functions say that an invocation failed outside our code, and what each means.
 * Source: the Step Functions and Lambda developer guides on error handling, 2026.
 */
export const platformErrors = {
  'Lambda.ServiceException': 'Lambda itself answered 500',
  'Lambda.AWSLambdaException':
    'the call to Lambda failed with an error that has no name of its own',
  'Lambda.SdkClientException': 'Step Functions could not reach Lambda',
  'Lambda.ClientExecutionTimeoutException': 'the call to Lambda ran out of time on its way',
  'Lambda.Unknown': 'the invocation ended without an answer: out of memory, or killed',
  'Sandbox.Timedout': "the function's own timeout ended it",
  'Runtime.ExitError': 'the runtime process exited during the invocation',
  'Runtime.OutOfMemory': 'the runtime process was killed at its memory limit',
  'States.Timeout': "no answer within the task's TimeoutSeconds",
} as const satisfies Record<string, string>;

/** No execution environment was free. It passes by waiting, so it is tried longer than the others. */
export const throttledInvocation = 'Lambda.TooManyRequestsException';

/** Every name outside our own catalogue that the definition may retry. */
export const platformErrorNames: readonly string[] = [
  ...Object.keys(platformErrors),
  throttledInvocation,
];

/** Full jitter, so that transfers that failed together do not come back together. */
const backoff = {
  interval: Duration.seconds(2),
  backoffRate: 2,
  maxDelay: Duration.seconds(60),
  jitterStrategy: JitterType.FULL,
} as const satisfies RetryProps;

/**
 * Without the table a step can't write that it waits, so its Retry waits: six hours on average, as
 * for every other outage.
 */
const patience = {
  ...backoff,
  maxDelay: Duration.seconds(boundOf('longestWait')),
  maxAttempts: Math.ceil(boundOf('patience') / (boundOf('longestWait') / 2)),
  errors: ['TableUnavailableError' satisfies ErrorName],
} as const satisfies RetryProps;

/**
 * The Retry of a task within the map, in the order in which it is matched. It is for crashes and for
 * the platform: whatever a step can foresee it answers itself, by `next: 'wait'` and `waitSeconds`.
 * It is short: up to 40 iterations share one history, and the task after the map is patient for all.
 */
export const retryInMap: readonly RetryProps[] = [
  { ...backoff, errors: Object.keys(platformErrors), maxAttempts: 3 },
  { ...backoff, errors: [throttledInvocation], maxAttempts: 10 },
  { ...backoff, errors: errorNames('retry'), maxAttempts: 5 },
];

/** The Retry of every other task. */
export const retryPolicy: readonly RetryProps[] = [patience, ...retryInMap];
