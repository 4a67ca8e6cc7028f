import type { LocalStateMachine } from '#local/state-machine/definition/definition.ts';
import { isFields, type StateFields } from '#local/state-machine/definition/states.ts';
import { type Choose, compileChoice } from './choices.ts';
import { compileRequired, compileResultPath, compileTemplate, type Scope } from './paths.ts';

/** What an execution asks of its surroundings. */
export interface Host {
  /** Counts one transition. */
  entered(state: string): void;
  /** Calls a function by its ARN, as Lambda does. */
  invoke(functionArn: string, payload: unknown): Promise<unknown>;
  sleep(milliseconds: number): Promise<void>;
  /** The iterations of one Map that run now, and the most that its input allows. */
  iterating(map: string, running: number, allowed: number): void;
}

/** What a state hands on; without `next` the machine ends. */
interface Step {
  readonly next: string | undefined;
  readonly output: unknown;
}

type StateRun = (scope: Scope, host: Host) => Step | Promise<Step>;

interface Machine {
  readonly startAt: string;
  readonly states: ReadonlyMap<string, () => StateRun>;
}

/** Runs one execution and returns its output. */
export type RunMachine = (context: object, input: unknown, host: Host) => Promise<unknown>;

/**
 * Compiles a deployed definition to functions. It is for runs of many executions: the interpreter of
 * `local/state-machine` takes 20 times as long. It has no Retry and no Catch: an error that leaves a
 * function ends the whole run, because no fault is injected. A state that it cannot run fails when it is
 * entered. A test compares both interpreters.
 */
export function compileMachine({ definition }: LocalStateMachine): RunMachine {
  const machine = compileStates(definition as unknown as StateFields);
  return (context, input, host) => runStates(machine, context, input, host);
}

function compileStates({ StartAt, States }: StateFields): Machine {
  const entries = Object.entries(States as Record<string, StateFields>);
  const states = entries.map(
    ([name, state]) => [name, once(() => compileState(name, state))] as const,
  );
  return { startAt: String(StartAt), states: new Map(states) };
}

/** Compiles at the first use, so a state that never runs may have any field. */
function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

async function runStates(
  { startAt, states }: Machine,
  context: object,
  input: unknown,
  host: Host,
): Promise<unknown> {
  let step: Step = { next: startAt, output: input };
  while (step.next !== undefined) {
    const state = states.get(step.next);
    if (!state) throw new Error(`the state ${step.next} does not exist`);
    host.entered(step.next);
    step = await state()({ input: step.output, context }, host);
  }
  return step.output;
}

const compilers: Readonly<Record<string, (name: string, state: StateFields) => StateRun>> = {
  Task: compileTask,
  Choice: (name, state) => chooseWith(name, compileChoice(state)),
  Wait: compileWait,
  Pass: compilePass,
  Map: compileMap,
  Succeed: compileSucceed,
  Fail: compileFail,
};

function compileState(name: string, state: StateFields): StateRun {
  const compile = compilers[String(state.Type)];
  if (!compile) throw new Error(`the state ${name} has the unknown type ${state.Type}`);
  return compile(name, state);
}

function compileTask(name: string, state: StateFields): StateRun {
  const payloadOf = compileTemplate(state.Parameters);
  const merge = compileResultPath(state.ResultPath);
  const [next, arn] = [nextOf(state), String(state.Resource)];
  if (state.ResultSelector || state.InputPath || state.OutputPath)
    throw new Error(`the state ${name} has paths that are not supported`);
  return async (scope, host) => {
    const result = await host.invoke(arn, payloadOf(scope));
    return { next, output: merge(scope.input, result) };
  };
}

function nextOf({ Next }: StateFields): string | undefined {
  return Next === undefined ? undefined : String(Next);
}

function chooseWith(name: string, choose: Choose): StateRun {
  return (scope) => {
    const next = choose(scope);
    if (next === undefined) throw new Error(`the state ${name} has no choice for its input`);
    return { next, output: scope.input };
  };
}

function compileWait(_: string, state: StateFields): StateRun {
  const { SecondsPath, Seconds } = state;
  const secondsOf = SecondsPath ? compileRequired(String(SecondsPath)) : () => Seconds;
  const next = nextOf(state);
  return async (scope, host) => {
    await host.sleep(Number(secondsOf(scope)) * 1000);
    return { next, output: scope.input };
  };
}

function compilePass(_: string, state: StateFields): StateRun {
  const merge = compileResultPath(state.ResultPath);
  const resultOf = 'Result' in state ? () => state.Result : parametersOf(state);
  const next = nextOf(state);
  return (scope) => ({ next, output: merge(scope.input, resultOf(scope)) });
}

function parametersOf({ Parameters }: StateFields): (scope: Scope) => unknown {
  return Parameters === undefined ? ({ input }) => input : compileTemplate(Parameters);
}

function compileMap(name: string, state: StateFields): StateRun {
  if (!isFields(state.ItemProcessor)) throw new Error(`the Map ${name} has no ItemProcessor`);
  const machine = compileStates(state.ItemProcessor);
  const itemsOf = compileRequired(String(state.ItemsPath));
  const limitOf = state.MaxConcurrencyPath
    ? compileRequired(String(state.MaxConcurrencyPath))
    : () => state.MaxConcurrency;
  const itemInput = compileTemplate(state.ItemSelector);
  const merge = compileResultPath(state.ResultPath);
  const next = nextOf(state);
  return async (scope, host) => {
    const items = itemsOf(scope) as readonly unknown[];
    // Zero means as many as the service can run.
    const allowed = Number(limitOf(scope)) || items.length;
    const results = await runAll(items, allowed, (item, running) => {
      host.iterating(name, running, allowed);
      const context = { ...(scope.context as object), Map: { Item: { Value: item } } };
      return runStates(machine, context, itemInput({ ...scope, context }), host);
    });
    return { next, output: merge(scope.input, results) };
  };
}

async function runAll(
  items: readonly unknown[],
  allowed: number,
  run: (item: unknown, running: number) => Promise<unknown>,
): Promise<unknown[]> {
  const results: unknown[] = [];
  let [at, running] = [0, 0];
  const work = async () => {
    while (at < items.length) {
      const index = at++;
      results[index] = await run(items[index], ++running);
      running--;
    }
  };
  await Promise.all(Array.from({ length: Math.min(allowed, items.length) }, work));
  return results;
}

function compileSucceed(_: string, { OutputPath }: StateFields): StateRun {
  const read = compileRequired(OutputPath === undefined ? '$' : String(OutputPath));
  return (scope) => ({ next: undefined, output: read(scope) });
}

function compileFail(name: string): StateRun {
  return ({ input }) => {
    throw new Error(`an execution failed at ${name}: ${JSON.stringify(input).slice(0, 500)}`);
  };
}
