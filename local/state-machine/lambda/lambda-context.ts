import type { Context } from 'aws-lambda';
import type { LocalFunction } from '#local/state-machine/definition/template.ts';

/** Returns the context object of one invocation. Its remaining time starts now. */
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
    done: throwNoCallback,
    fail: throwNoCallback,
    succeed: throwNoCallback,
  };
}

function throwNoCallback(): never {
  throw new TypeError('Unsupported callback: a handler must return a promise');
}
