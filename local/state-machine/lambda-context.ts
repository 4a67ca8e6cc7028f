import type { Context } from 'aws-lambda';
import type { LocalFunction } from './template.ts';

/** The context object of one invocation, its remaining time counted from now. */
export function lambdaContext(
  called: LocalFunction,
  arn: string,
  awsRequestId: string,
  now: () => number,
): Context {
  const deadline = now() + called.timeoutSeconds * 1000;
  return {
    functionName: called.name,
    functionVersion: arn.split(':')[7] ?? '$LATEST',
    invokedFunctionArn: arn,
    awsRequestId,
    memoryLimitInMB: String(called.memoryMib),
    logGroupName: `/aws/lambda/${called.name}`,
    logStreamName: awsRequestId,
    callbackWaitsForEmptyEventLoop: false,
    getRemainingTimeInMillis: () => Math.max(0, deadline - now()),
    done: assertNoCallback,
    fail: assertNoCallback,
    succeed: assertNoCallback,
  };
}

function assertNoCallback(): never {
  throw new TypeError('handlers answer by their promise; the callbacks of Node.js 0.10 are gone');
}
