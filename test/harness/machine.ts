import type { LocalStateMachine } from '#local/state-machine/definition/definition.ts';
import { deployedDefinition } from '#local/state-machine/definition/deployed-definition.ts';
import { isFields, type StateFields } from '#local/state-machine/definition/states.ts';
import type { LocalFunction } from '#local/state-machine/definition/template.ts';
import { assumeValid } from '#local/state-machine/definition/valid-definitions.ts';
import { lambdaContext } from '#local/state-machine/lambda/lambda-context.ts';
import type { LambdaHandler } from '#local/state-machine/lambda/lambda-runtime.ts';
import type { ExecutionStatus } from '#local/state-machine/run.ts';
import type { ExecutionEnd } from '#src/core/ports/executions.ts';
import type { ServiceFunctionName } from '#src/core/shared-with-infra/step-names.ts';

/*
 * The deployed state machine, and what AWS does around it. Every harness runs it in the interpreter of the
 * local run: `runTransfer` over ports, `WireHarness` over the wire, `openCrashHarness` and `runSeed` in
 * virtual time. Here are the parts that they share: the machine, a redriven machine, a call of a function
 * by a rule, and the events and the status of an ended execution.
 */

let deployed: LocalStateMachine | undefined;

/** Returns the deployed state machine. Read once per process: the interpreter validates it once. */
export function deployedMachine(): LocalStateMachine {
  deployed ??= deployedDefinition();
  return deployed;
}

type Handlers = Readonly<Record<string, LambdaHandler>>;

/** The time limits of the functions that rules call, in seconds. */
const timeLimits: Readonly<Partial<Record<ServiceFunctionName, number>>> = {
  Dispatch: 50,
  Reconcile: 150,
};

/** Calls a function that belongs to no execution, as Lambda does. */
export async function callFunction(
  { functions }: LocalStateMachine,
  handlers: Handlers,
  name: 'Dispatch' | 'Reconcile',
  event: object,
  requestId = `request-of-${name}`,
): Promise<unknown> {
  const [template] = functions.values();
  const timeoutSeconds = timeLimits[name] as number;
  const called = { ...(template as LocalFunction), name, timeoutSeconds };
  const context = lambdaContext(called, `arn:${name}`, requestId, Date.now);
  return (handlers[name] as LambdaHandler)(event as never, context);
}

/** Returns a status change event of Step Functions, as EventBridge delivers it. */
export function statusEvent(executionArn: string, status: string, fields: object): object {
  const detail = { executionArn, status, output: null, ...fields };
  return { source: 'aws.states', 'detail-type': 'Step Functions Execution Status Change', detail };
}

/** Returns the status of an execution as the directory names it. */
export function statusOf(status: ExecutionStatus): ExecutionEnd['status'] {
  return status.toLowerCase().replace('_', '-') as ExecutionEnd['status'];
}

/** The first start of a redriven execution. The interpreter only knows the redrive. */
export interface FirstStart {
  /** In ms since 1970. */
  readonly startedAt: number;
  readonly input: unknown;
}

/** Returns handlers that receive the first start of a redriven execution, as from Step Functions. */
export function handlersSince(handlers: Handlers, { startedAt, input }: FirstStart): Handlers {
  const first = { startedAt: new Date(startedAt).toISOString(), input };
  const withFirstStart = (handler: LambdaHandler): LambdaHandler => {
    return (payload: object, context) => {
      const fields = Object.entries(first).filter(([field]) => field in payload);
      return handler({ ...payload, ...Object.fromEntries(fields) } as never, context);
    };
  };
  return Object.fromEntries(
    Object.entries(handlers).map(([name, handler]) => [name, withFirstStart(handler)]),
  );
}

const machines = new Map<string, LocalStateMachine>();

/** Returns the machine with another first state. Cached by state. */
export function machineFrom(machine: LocalStateMachine, state: string): LocalStateMachine {
  const found = machines.get(state) ?? makeMachine(machine, state);
  machines.set(state, found);
  return found;
}

function makeMachine(machine: LocalStateMachine, state: string): LocalStateMachine {
  const states = statesOf(machine.definition);
  const redriven = state in states ? from(machine.definition, state) : inMap(states, state);
  const part: unknown = { ...machine.definition, ...redriven };
  const definition = part as LocalStateMachine['definition'];
  assumeValid(definition);
  return { ...machine, definition };
}

/** Returns a machine from `start`, without unreachable states: a definition must not have any. */
function from(machine: unknown, start: string) {
  const states = statesOf(machine);
  const reached = new Set([start]);
  for (const name of reached) for (const next of nextOf(states[name])) reached.add(next);
  const remaining = Object.entries(states).filter(([name]) => reached.has(name));
  return { ...(machine as object), StartAt: start, States: Object.fromEntries(remaining) };
}

function nextOf(state: StateFields = {}): string[] {
  const { Next, Default, Choices = [], Catch = [] } = state;
  const branches = [...(Choices as StateFields[]), ...(Catch as StateFields[])];
  return [Next, Default, ...branches.map((branch) => branch.Next)].filter(
    (next) => typeof next === 'string',
  );
}

/** Returns a machine that runs only the redriven iteration of a Map. */
function inMap(states: Readonly<Record<string, StateFields>>, state: string) {
  for (const [name, map] of Object.entries(states)) {
    if (!isFields(map.ItemProcessor) || !(state in statesOf(map.ItemProcessor))) continue;
    const { ItemSelector: _, ...kept } = map;
    const ItemProcessor = from(map.ItemProcessor, state);
    const again = { ...kept, ItemsPath: '$.redriven', ItemProcessor };
    return from({ States: { ...states, [name]: again } }, name);
  }
  throw new Error(`the definition has no state ${state}`);
}

/** Returns the states of a machine or item processor by name. */
export function statesOf(machine: unknown): Readonly<Record<string, StateFields>> {
  return (machine as { States: Record<string, StateFields> }).States;
}
