import { randomUUID } from 'node:crypto';
import { StateMachine } from 'aws-local-stepfunctions';
import {
  type LocalStateMachine,
  stateMachineArn,
} from '#local/state-machine/definition/definition.ts';
import {
  type ServiceLimits,
  serviceLimits,
} from '#local/state-machine/definition/service-limits.ts';
import { allStates } from '#local/state-machine/definition/states.ts';
import { isValid, validateDefinition } from '#local/state-machine/definition/valid-definitions.ts';
import { copyJson, jsonBytes } from '#local/state-machine/lambda/json-payload.ts';
import {
  createLambdaRuntime,
  type FaultPlan,
  type InvocationRecord,
  type LambdaHandler,
  type LambdaRuntime,
} from '#local/state-machine/lambda/lambda-runtime.ts';
import { createRunEnding, type RunEnding } from '#local/state-machine/lambda/run-ending.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { executionArnOf } from '#src/core/queue/execution-arn.ts';
import { createEventTally, type StateMachineEvent, type Tally } from './event-tally.ts';
import { type ExecutionOutcome, type ExecutionStatus, outcomeOf } from './execution-outcome.ts';
import { replaceJsonTexts } from './json-texts.ts';
import { createNestedExecutions, type NestedExecutions } from './nested-executions.ts';
import { type Sleep, scaleWaits } from './wait-scaling.ts';

export type { ExecutionStatus };

/** The parameters of an execution. */
export interface ExecutionOptions {
  readonly machine: LocalStateMachine;
  /** Handlers by function name. */
  readonly handlers: Readonly<Record<string, LambdaHandler>>;
  /** Any JSON except `null`, `0`, `false` and `""`, which the interpreter takes for no input. */
  readonly input: unknown;
  /** The execution's name. Default: a UUID. */
  readonly name?: string | undefined;
  /** Factor by which waits and retry delays are shorter. Default 1: real time. */
  readonly timeFactor?: number | undefined;
  /** Sleeps for Wait states by the caller's clock. Default: real time divided by `timeFactor`. */
  readonly sleep?: Sleep | undefined;
  readonly limits?: Partial<ServiceLimits> | undefined;
  /** Kills chosen invocations. */
  readonly faults?: FaultPlan | undefined;
  /** Called with every event of the interpreter's log, in the log's order. It may differ from the causal order. */
  readonly onEvent?: ((event: StateMachineEvent) => void) | undefined;
  /** Called after every invocation of a function, with its payload and its result or error. */
  readonly onInvocation?: ((record: InvocationRecord) => void) | undefined;
}

/** The outcome and the counts of an execution. */
export interface ExecutionResult extends ExecutionOutcome, Tally {
  readonly executionArn: string;
}

/** A running execution. */
export interface ExecutionHandle {
  readonly executionArn: string;
  status(): ExecutionStatus;
  readonly result: Promise<ExecutionResult>;
  /**
   * Ends the run now, as if its process had died: without Retry, Catch, further states or timers. A
   * running handler cannot be stopped in this process; see `idle`.
   */
  kill(): void;
  /** Resolves when no handler runs, including handlers whose caller has ended. */
  idle(): Promise<void>;
}

interface Identity {
  readonly name: string;
  readonly arn: string;
}

/**
 * Starts a synthesized definition in the interpreter. Calls handlers as Lambda does and enforces the
 * service's limits. Timeouts are in real time, also with a `timeFactor`.
 * @throws ConfigurationError - the interpreter does not support the definition, or a handler is missing
 * @throws InvalidInputError - the input or the time factor is invalid
 */
export function startExecution(options: ExecutionOptions): ExecutionHandle {
  const { machine, handlers, name = randomUUID() } = options;
  const limits = { ...serviceLimits, ...options.limits };
  checkMachine(machine, handlers);
  const input = validInput(options.input, limits.payloadBytes);

  const arn = executionArnOf(stateMachineArn(machine), name);
  const ending = createRunEnding();
  const tally = createEventTally(machine.definition, limits, ending);
  const lambdas = createLambdaRuntime({ ...options, payloadBytes: limits.payloadBytes, ending });
  const nested = createNestedExecutions(machine, ending, (started, startedInput) =>
    startExecution({
      ...options,
      ...{ machine: started, input: startedInput, name: undefined, onEvent: undefined },
    }),
  );
  const run = interpret(options, { name, arn }, input, { lambdas, nested }, ending);
  ending.whenEnded(run.abort);
  const logRead = readLog(run.eventLogs, ending, (event) => {
    const counted = tally.count(event);
    options.onEvent?.(counted);
  });

  let status: ExecutionStatus = 'RUNNING';
  const result = outcomeOf(run.result, logRead, ending).then((outcome) => {
    status = outcome.status;
    return { executionArn: arn, ...outcome, ...tally.tally() };
  });
  const kill = () => ending.end({ status: 'ABORTED' });
  const idle = async () => {
    await nested.idle();
    await lambdas.idle();
  };
  return { executionArn: arn, status: () => status, result, kill, idle };
}

/** Runs a synthesized definition and waits for its end; see `startExecution`. */
export async function runExecution(options: ExecutionOptions): Promise<ExecutionResult> {
  return startExecution(options).result;
}

function checkMachine(
  machine: LocalStateMachine,
  handlers: Readonly<Record<string, LambdaHandler>>,
): void {
  const missing = [...machine.functions.values()].filter(({ name }) => !handlers[name]);
  if (missing.length > 0) {
    const names = missing.map(({ name }) => name).join(', ');
    throw new TransferError('ConfigurationError', `Missing handlers: ${names}`);
  }
  if (!isValid(machine.definition)) validateDefinition(machine);
  for (const started of machine.nested.values()) checkMachine(started, handlers);
}

function validInput(value: unknown, limitBytes: number): unknown {
  const input = copyJson(value);
  if (!input) {
    throw new TransferError(
      'InvalidInputError',
      `Invalid input ${JSON.stringify(input)}: must be an object`,
    );
  }
  const bytes = jsonBytes(input);
  if (bytes <= limitBytes) return input;
  throw new TransferError(
    'InvalidInputError',
    `Invalid input: it has ${bytes} bytes; must have at most ${limitBytes}`,
  );
}

function interpret(
  { machine, timeFactor = 1, sleep }: ExecutionOptions,
  { name, arn }: Identity,
  input: unknown,
  { lambdas, nested }: { readonly lambdas: LambdaRuntime; readonly nested: NestedExecutions },
  ending: RunEnding,
) {
  const { definition: scaled, waits } = scaleWaits(machine.definition, timeFactor, ending, sleep);
  const { definition, tasks } = replaceJsonTexts(scaled, ending);
  const interpreter = new StateMachine(definition, { validationOptions: { noValidate: true } });
  const calls = { ...functionCalls(machine, lambdas), ...nested.calls, ...waits, ...tasks };
  type Overrides = NonNullable<NonNullable<Parameters<StateMachine['run']>[1]>['overrides']>;
  return interpreter.run(input as Parameters<StateMachine['run']>[0], {
    context: {
      Execution: { Id: arn, Name: name },
      StateMachine: { Id: stateMachineArn(machine), Name: machine.logicalId },
    },
    overrides: { taskResourceLocalHandlers: calls } as Overrides,
  });
}

/** Returns the call of the Task's function, by state name. */
function functionCalls(machine: LocalStateMachine, lambdas: LambdaRuntime) {
  return Object.fromEntries(
    allStates(machine.definition).flatMap(({ name, state }) => {
      const arn = String(state.Resource);
      const called = machine.functions.get(arn);
      const call = (payload: unknown) => called && lambdas.invoke(name, called, arn, payload);
      return called ? [[name, call] as const] : [];
    }),
  );
}

/** Reads the interpreter's log. It is an unbounded queue with all inputs and outputs, so it must be drained. */
async function readLog(
  events: AsyncIterable<StateMachineEvent>,
  ending: RunEnding,
  take: (event: StateMachineEvent) => void,
): Promise<void> {
  try {
    for await (const event of events) take(event);
  } catch (error) {
    ending.end({ status: 'ABORTED' });
    throw error;
  }
}
