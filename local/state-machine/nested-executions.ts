import type { LocalStateMachine } from '#local/state-machine/definition/definition.ts';
import { startExecutionResource } from '#local/state-machine/definition/field-rules.ts';
import { allStates } from '#local/state-machine/definition/states.ts';
import type { RunEnding } from '#local/state-machine/lambda/run-ending.ts';
import type { ExecutionHandle, ExecutionResult } from './run.ts';

/** The parameters of a Task that starts a state machine. */
interface StartParameters {
  readonly StateMachineArn: string;
  readonly Input: unknown;
}

/** The executions that the states of one run start. */
export interface NestedExecutions {
  /** The call of each Task that starts a state machine and waits for its end, by state name. */
  readonly calls: Readonly<Record<string, (parameters: unknown) => Promise<unknown>>>;
  /** Resolves when no handler of these executions runs. */
  idle(): Promise<void>;
}

/**
 * Runs `states:startExecution.sync:2` as the service does: a success returns what DescribeExecution
 * reports, with input and output as JSON; any other end is `States.TaskFailed` with the same as text in
 * its cause. The end of the run stops the executions that it started.
 * @param start - starts one state machine
 */
export function createNestedExecutions(
  machine: LocalStateMachine,
  ending: RunEnding,
  start: (started: LocalStateMachine, input: unknown) => ExecutionHandle,
): NestedExecutions {
  const handles: ExecutionHandle[] = [];

  async function run(parameters: StartParameters): Promise<unknown> {
    const { StateMachineArn, Input } = parameters;
    const StartDate = Date.now();
    const handle = start(machine.nested.get(StateMachineArn) as LocalStateMachine, Input);
    handles.push(handle);
    ending.whenEnded(handle.kill);
    const result = await handle.result;
    const described = { ...describe(result, parameters), StartDate, StopDate: Date.now() };
    if (result.status === 'SUCCEEDED') return described;
    throw Object.assign(new Error(JSON.stringify(described)), { name: 'States.TaskFailed' });
  }

  const starting = allStates(machine.definition).filter(
    ({ state }) => state.Resource === startExecutionResource,
  );
  const call = (parameters: unknown) => ending.guard(() => run(parameters as StartParameters));
  return {
    calls: Object.fromEntries(starting.map(({ name }) => [name, call])),
    idle: async () => {
      await Promise.all(handles.map((handle) => handle.idle()));
    },
  };
}

/** Returns the fields of DescribeExecution as the integration names them. */
function describe(
  { executionArn, status, output, error, cause }: ExecutionResult,
  { StateMachineArn, Input }: StartParameters,
) {
  const included = { Included: true };
  return {
    ExecutionArn: executionArn,
    Name: executionArn.split(':').at(-1),
    StateMachineArn,
    Status: status,
    ...{ Input, InputDetails: included },
    ...(status === 'SUCCEEDED' && { Output: output, OutputDetails: included }),
    ...(error !== undefined && { Error: error }),
    ...(cause !== undefined && { Cause: cause }),
  };
}
