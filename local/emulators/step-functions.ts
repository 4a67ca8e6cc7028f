import type { ExecutionStatus } from '../state-machine/execution-outcome.ts';
import { type OperationReply, startJsonEndpoint } from './json-endpoint.ts';
import type { Emulator } from './loopback.ts';

/** Returns the status of an execution of this process; `undefined` for any other. */
export type ExecutionLookup = (executionArn: string) => ExecutionStatus | undefined;

export interface StepFunctionsOptions {
  readonly lookup: ExecutionLookup;
  /**
   * The status of a local execution that the lookup does not know. Use `ABORTED` if only one process
   * at a time uses the table: the execution's process has then ended. Default: it does not exist.
   */
  readonly unknownLocal?: ExecutionStatus | undefined;
}

const localPrefix = 'arn:aws:states:local:';

/** Starts an endpoint for DescribeExecution. */
export function startStepFunctions(options: StepFunctionsOptions): Promise<Emulator> {
  return startJsonEndpoint('1.0', {
    'AWSStepFunctions.DescribeExecution': ({ executionArn }) =>
      describe(String(executionArn), options),
  });
}

function describe(executionArn: string, options: StepFunctionsOptions): OperationReply {
  const isLocal = executionArn.startsWith(localPrefix);
  const status = options.lookup(executionArn) ?? (isLocal ? options.unknownLocal : undefined);
  if (!status) {
    const message = `Execution Does Not Exist: '${executionArn}'`;
    return { error: 'ExecutionDoesNotExist', message, status: 400 };
  }
  const [machine, name] = executionArn.split(':').slice(6);
  const stateMachineArn = `${localPrefix}000000000000:stateMachine:${machine}`;
  return { result: { executionArn, stateMachineArn, name, status, startDate: 0 } };
}
