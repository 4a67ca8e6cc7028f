import { types } from 'node:util';

/** Returns an error for the state machine: its name is the error type, its message the Cause. */
export function taskError(errorType: string, cause: string): Error {
  return Object.assign(new Error(cause), { name: errorType });
}

/** Converts a handler's error as Lambda's Node.js runtime does. */
export function handlerError(thrown: unknown): Error {
  const report = describe(thrown);
  return taskError(report.errorType, JSON.stringify(report));
}

/** Returns the error of a function that reached its timeout. */
export function timedOutError(requestId: string, timeoutSeconds: number): Error {
  return invocationError(
    'Sandbox.Timedout',
    requestId,
    `Task timed out after ${timeoutSeconds.toFixed(2)} seconds`,
  );
}

/** Returns the error of an invocation that ended without an answer. */
export function crashError(errorType: string, requestId: string): Error {
  if (errorType.startsWith('Lambda.')) {
    return taskError(errorType, `The function did not answer (request ${requestId})`);
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
    return { errorType: 'handled', errorMessage: `The handler threw ${thrown}`, trace: [] };
  }
  return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
}
