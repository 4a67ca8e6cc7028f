import { randomUUID } from 'node:crypto';
import { StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';
import { TransferError } from '#src/core/errors/errors.ts';
import { executionArnOf } from '#src/core/queue/execution-arn.ts';
import { assertSupported } from './allowed-fields.ts';
import type { LocalStateMachine } from './definition.ts';
import { createEventTally, type StateMachineEvent, type Tally } from './event-tally.ts';
import { type ExecutionOutcome, type ExecutionStatus, outcomeOf } from './execution-outcome.ts';
import { copyJson, jsonBytes } from './json-payload.ts';
import {
  createLambdaRuntime,
  type FaultPlan,
  type InvocationRecord,
  type LambdaHandler,
  type LambdaRuntime,
} from './lambda-runtime.ts';
import { createRunEnding, type RunEnding } from './run-ending.ts';
import { type ServiceLimits, serviceLimits } from './service-limits.ts';
import { allStates } from './states.ts';
import { type Sleep, scaleWaits } from './wait-scaling.ts';

export type { ExecutionStatus };

/** What to run, and how. */
export interface ExecutionOptions {
  readonly machine: LocalStateMachine;
  /** Handlers by function name. */
  readonly handlers: Readonly<Record<string, LambdaHandler>>;
  /** Any JSON but `null`, `0`, `false` and `""`, which the interpreter takes for nothing. */
  readonly input: unknown;
  /** The execution's name; a UUID where left out. */
  readonly name?: string | undefined;
  /** How many times faster all waits and retry delays pass; 1, real time, where left out. */
  readonly timeFactor?: number | undefined;
  /** Sleeps for Wait states by the caller's own clock, where it runs `timeFactor` times faster. */
  readonly sleep?: Sleep | undefined;
  readonly limits?: Partial<ServiceLimits> | undefined;
  /** Kills chosen invocations. */
  readonly faults?: FaultPlan | undefined;
  /** Sees every event of the interpreter's log, in its order, which is not always the causal one. */
  readonly onEvent?: ((event: StateMachineEvent) => void) | undefined;
  /** Sees every call of a function that ended, with its payload and its result or error. */
  readonly onInvocation?: ((record: InvocationRecord) => void) | undefined;
}

/** How an execution ended, and what it amounted to. */
export interface ExecutionResult extends ExecutionOutcome, Tally {
  readonly executionArn: string;
}

/** An execution under way. */
export interface ExecutionHandle {
  readonly executionArn: string;
  status(): ExecutionStatus;
  readonly result: Promise<ExecutionResult>;
  /**
   * Ends the run now, as if its process had died: no Retry, no Catch, no further state, no timer.
   * A handler that runs in this very process can't be stopped; see `idle`.
   */
  kill(): void;
  /** Resolves once no handler runs any more, those that outlived their caller included. */
  idle(): Promise<void>;
}

interface Identity {
  readonly name: string;
  readonly arn: string;
}

/**
 * Starts a synthesized definition in the interpreter, with handlers called as Lambda calls them and
 * the service's limits kept. Timeouts are in real time whatever `timeFactor` is.
 * @throws ConfigurationError - the definition holds what the interpreter would not honour, or a
 * function has no handler
 * @throws InvalidInputError - the input or the time factor can't be taken
 */
export function startExecution(options: ExecutionOptions): ExecutionHandle {
  const { machine, handlers, name = randomUUID() } = options;
  const limits = { ...serviceLimits, ...options.limits };
  checkMachine(machine, handlers);
  const input = takeInput(options.input, limits.payloadBytes);

  const arn = executionArnOf(stateMachineArn(machine), name);
  const ending = createRunEnding();
  const tally = createEventTally(machine.definition, limits, ending);
  const lambdas = createLambdaRuntime({ ...options, payloadBytes: limits.payloadBytes, ending });
  const run = interpret(options, { name, arn }, input, lambdas, ending);
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
  return { executionArn: arn, status: () => status, result, kill, idle: lambdas.idle };
}

/** Runs a synthesized definition to its end, which may be a failure; see `startExecution`. */
export async function runExecution(options: ExecutionOptions): Promise<ExecutionResult> {
  return startExecution(options).result;
}

/** The validator takes some 50 ms; a definition is checked once. */
const checked = new WeakSet<StateMachineDefinition>();

function checkMachine(
  machine: LocalStateMachine,
  handlers: Readonly<Record<string, LambdaHandler>>,
): void {
  const missing = [...machine.functions.values()].filter(({ name }) => !handlers[name]);
  if (missing.length > 0) {
    const names = missing.map(({ name }) => name).join(', ');
    throw new TransferError('ConfigurationError', `no handler is given for ${names}`);
  }
  if (checked.has(machine.definition)) return;
  assertSupported(machine.definition, new Set(machine.functions.keys()));
  try {
    new StateMachine(machine.definition);
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    throw new TransferError('ConfigurationError', text, { cause });
  }
  checked.add(machine.definition);
}

/** The ARN that a local state machine goes by. */
export function stateMachineArn({ logicalId }: LocalStateMachine): string {
  return `arn:aws:states:local:000000000000:stateMachine:${logicalId}`;
}

function takeInput(value: unknown, limitBytes: number): unknown {
  const input = copyJson(value);
  if (!input) {
    throw new TransferError(
      'InvalidInputError',
      `a local execution can't take the input ${JSON.stringify(input)}; an object it can`,
    );
  }
  const bytes = jsonBytes(input);
  if (bytes <= limitBytes) return input;
  throw new TransferError(
    'InvalidInputError',
    `the input holds ${bytes} bytes; an execution takes ${limitBytes}`,
  );
}

function interpret(
  { machine, timeFactor = 1, sleep }: ExecutionOptions,
  { name, arn }: Identity,
  input: unknown,
  lambdas: LambdaRuntime,
  ending: RunEnding,
) {
  const { definition, waits } = scaleWaits(machine.definition, timeFactor, ending, sleep);
  const interpreter = new StateMachine(definition, { validationOptions: { noValidate: true } });
  const calls = { ...functionCalls(machine, lambdas), ...waits };
  type Overrides = NonNullable<NonNullable<Parameters<StateMachine['run']>[1]>['overrides']>;
  return interpreter.run(input as Parameters<StateMachine['run']>[0], {
    context: {
      Execution: { Id: arn, Name: name },
      StateMachine: { Id: stateMachineArn(machine), Name: machine.logicalId },
    },
    overrides: { taskResourceLocalHandlers: calls } as Overrides,
  });
}

/** By state name: the call of the function that its Task names. */
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

/** The log is a queue without a bound that holds every input and output: it must be read. */
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
