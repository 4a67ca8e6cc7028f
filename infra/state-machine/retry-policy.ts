import { Duration } from 'aws-cdk-lib';
import { JitterType, type RetryProps } from 'aws-cdk-lib/aws-stepfunctions';
import { errorNames } from '#src/core/errors/error-lookup.ts';
import { errorMeanings } from '#src/core/errors/error-meanings.ts';
import { boundOf } from '#src/core/limits/retry-bounds.ts';

/**
 * Errors of Lambda and Step Functions for an invocation that failed outside our code, and their
 * meaning. Retry uses these names and those of src/core/errors/catalogue only.
 * Source: the Step Functions and Lambda developer guides on error handling, 2026.
 */
export const platformErrors = {
  'Lambda.ServiceException': 'Lambda itself answered 500',
  'Lambda.AWSLambdaException': 'the call to Lambda failed with an unnamed error',
  'Lambda.SdkClientException': 'Step Functions could not reach Lambda',
  'Lambda.ClientExecutionTimeoutException': 'the call to Lambda timed out in transit',
  'Lambda.Unknown': 'the invocation ended without an answer: out of memory, or killed',
  'Sandbox.Timedout': "the function's own timeout ended it",
  'Runtime.ExitError': 'the runtime process exited during the invocation',
  'Runtime.OutOfMemory': 'the runtime process was killed at its memory limit',
  'States.Timeout': "no answer within the task's TimeoutSeconds",
} as const satisfies Record<string, string>;

/** No execution environment was free. Waiting resolves it, so it has more retries than the others. */
export const throttledInvocation = 'Lambda.TooManyRequestsException';

/** Every name outside our own catalogue that Retry uses. */
export const platformErrorNames: readonly string[] = [
  ...Object.keys(platformErrors),
  throttledInvocation,
];

/** Full jitter spreads the retries of transfers that failed at the same time. */
const backoff = {
  interval: Duration.seconds(2),
  backoffRate: 2,
  maxDelay: Duration.seconds(60),
  jitterStrategy: JitterType.FULL,
} as const satisfies RetryProps;

/**
 * Without the table, or a write to its row, a step cannot record a wait, so its Retry waits: six hours on
 * average, as for every other outage.
 */
const patience = {
  ...backoff,
  maxDelay: Duration.seconds(boundOf('longestWait')),
  maxAttempts: Math.ceil(boundOf('patience') / (boundOf('longestWait') / 2)),
  errors: [...errorMeanings.retriedByStateMachine.errors],
} as const satisfies RetryProps;

/**
 * The Retry of a task in the Map, in matching order. It covers crashes and platform errors; for an
 * expected failure the step itself answers `next: 'wait'` with `waitSeconds`. It is short, because
 * up to 40 iterations share one history; the task after the Map waits for all of them.
 */
export const retryInMap: readonly RetryProps[] = [
  { ...backoff, errors: Object.keys(platformErrors), maxAttempts: 3 },
  { ...backoff, errors: [throttledInvocation], maxAttempts: 10 },
  { ...backoff, errors: errorNames('retry'), maxAttempts: 5 },
];

/** The Retry of every other task. */
export const retryPolicy: readonly RetryProps[] = [patience, ...retryInMap];
