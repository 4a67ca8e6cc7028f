import { types } from 'node:util';

/** An error as the state machine sees it: `name` is the error's type, the message its Cause. */
export function taskError(errorType: string, cause: string): Error {
  return Object.assign(new Error(cause), { name: errorType });
}

/** What a handler threw, as Lambda's Node.js runtime reports it to the state machine. */
export function handlerError(thrown: unknown): Error {
  const report = describe(thrown);
  return taskError(report.errorType, JSON.stringify(report));
}

/** The function's time was up. */
export function timedOutError(requestId: string, timeoutSeconds: number): Error {
  return invocationError(
    'Sandbox.Timedout',
    requestId,
    `Task timed out after ${timeoutSeconds.toFixed(2)} seconds`,
  );
}

/** The invocation died without an answer from the handler. */
export function crashError(errorType: string, requestId: string): Error {
  if (errorType.startsWith('Lambda.')) {
    return taskError(errorType, `The function gave no answer (request ${requestId})`);
  }
  return invocationError(errorType, requestId, 'Runtime exited with error: signal: killed');
}

function invocationError(errorType: string, requestId: string, message: string): Error {
  const errorMessage = `RequestId: ${requestId} Error: ${message}`;
  return taskError(errorType, JSON.stringify({ errorType, errorMessage }));
}

interface ErrorReport {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
}

function describe(thrown: unknown): ErrorReport {
  if (types.isNativeError(thrown)) {
    return {
      errorType: thrown.name,
      errorMessage: thrown.message,
      trace: (thrown.stack ?? '').split('\n'),
    };
  }
  if (thrown === undefined || thrown === null) {
    return { errorType: 'handled', errorMessage: `the handler threw ${thrown}`, trace: [] };
  }
  return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
}
