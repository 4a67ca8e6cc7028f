import type { StateMachineDefinition } from 'aws-local-stepfunctions';
import { TransferError } from '#src/core/errors/errors.ts';
import { type RunEnding, uncatchable } from './run-ending.ts';
import { maxTimerSeconds } from './service-limits.ts';
import { allStates, isFields, type StateFields } from './states.ts';

/** Sleeps as long as a Wait state's input says; its result is its input. */
export type WaitTask = (input: unknown) => Promise<unknown>;

/** Sleeps as long as the definition's time says, in whatever time passes for it. */
export type Sleep = (milliseconds: number) => Promise<void>;

/** A definition whose pauses are all shorter by one factor. */
export interface ScaledDefinition {
  readonly definition: StateMachineDefinition;
  /** What runs, by state name, in place of each Wait whose seconds come from its input. */
  readonly waits: Readonly<Record<string, WaitTask>>;
}

/** Any function's ARN would do: the interpreter calls the task given for the state's name. */
const waitResource = 'arn:aws:lambda:us-east-1:000000000000:function:wait';

/**
 * Divides every pause of a definition by `factor`: Wait states and the delays of Retry, jitter
 * included. No pause is left out, and no timeout is changed, for the work between takes its real time.
 * The interpreter can shorten a Wait to a constant only, so one that reads its seconds from its
 * input becomes a task that sleeps; with a factor of 1 the definition stays as it is.
 * @param sleep - for those tasks, where a clock of the caller's own runs faster; real time divided by
 * the factor where left out
 * @throws InvalidInputError - the factor is not a number from 1
 */
export function scaleWaits(
  definition: StateMachineDefinition,
  factor: number,
  ending: RunEnding,
  sleep: Sleep = (milliseconds) => sleepReal(milliseconds / factor),
): ScaledDefinition {
  if (!Number.isFinite(factor) || factor < 1) {
    throw new TransferError(
      'InvalidInputError',
      `waits can't be sped up ${factor} times; 1 is real`,
    );
  }
  if (factor === 1) return { definition, waits: {} };
  const waits = allStates(definition).flatMap(({ name, state }) =>
    typeof state.SecondsPath === 'string'
      ? [[name, waitTask(state.SecondsPath, sleep, ending)] as const]
      : [],
  );
  const scaled = scaleStates(definition as unknown as StateFields, factor);
  return {
    definition: scaled as unknown as StateMachineDefinition,
    waits: Object.fromEntries(waits),
  };
}

function scaleStates(machine: StateFields, factor: number): StateFields {
  const states = Object.entries(machine.States as Record<string, StateFields>);
  return {
    ...machine,
    States: Object.fromEntries(
      states.map(([name, state]) => [name, scaleState(state, factor)] as const),
    ),
  };
}

function scaleState(state: StateFields, factor: number): StateFields {
  const { SecondsPath, ...others } = state;
  if (SecondsPath !== undefined) {
    return { ...others, Type: 'Task', Resource: waitResource, TimeoutSeconds: maxTimerSeconds };
  }
  return {
    ...state,
    ...(typeof state.Seconds === 'number' ? { Seconds: state.Seconds / factor } : {}),
    ...(Array.isArray(state.Retry) ? { Retry: scaleRetriers(state.Retry, factor) } : {}),
    ...(isFields(state.ItemProcessor)
      ? { ItemProcessor: scaleStates(state.ItemProcessor, factor) }
      : {}),
  };
}

/** A retrier's delays grow from IntervalSeconds, 1 where it says nothing, and MaxDelaySeconds cuts them. */
function scaleRetriers(retriers: readonly StateFields[], factor: number): StateFields[] {
  return retriers.map((retrier) => ({
    ...retrier,
    IntervalSeconds: Number(retrier.IntervalSeconds ?? 1) / factor,
    ...(retrier.MaxDelaySeconds === undefined
      ? {}
      : { MaxDelaySeconds: Number(retrier.MaxDelaySeconds) / factor }),
  }));
}

function waitTask(path: string, sleep: Sleep, ending: RunEnding): WaitTask {
  return (input) =>
    ending.guard(async () => {
      const seconds = readSeconds(path, input);
      if (seconds > 0) await sleep(seconds * 1000);
      return input;
    });
}

/** Follows a plain path; the definition was checked to hold no other. */
function readSeconds(path: string, input: unknown): number {
  const steps = path.match(/[\w-]+/g) ?? [];
  const seconds = steps.reduce<unknown>(
    (value, step) => (value as Record<string, unknown> | undefined)?.[step],
    input,
  );
  if (Number.isInteger(seconds) && Number(seconds) >= 0) return Number(seconds);
  throw uncatchable('States.Runtime', `${path} is no whole number of seconds`);
}

function sleepReal(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, Math.max(1, milliseconds));
  });
}
