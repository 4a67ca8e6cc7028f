import type { ExecutionStatus } from '../state-machine/execution-outcome.ts';
import { type OperationReply, startJsonEndpoint } from './json-endpoint.ts';
import type { Emulator } from './loopback.ts';

/** Finds out how an execution stands; `undefined` where it is not one of this process. */
export type ExecutionLookup = (executionArn: string) => ExecutionStatus | undefined;

export interface StepFunctionsOptions {
  readonly lookup: ExecutionLookup;
  /**
   * What to say of a local execution that the lookup does not know. Where one process alone may use
   * the table at a time, such an execution belongs to a process that died: say `ABORTED`. Left out,
   * it does not exist, as any execution of the real service.
   */
  readonly unknownLocal?: ExecutionStatus | undefined;
}

const localPrefix = 'arn:aws:states:local:';

/** Starts an endpoint that answers DescribeExecution and nothing else. */
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
