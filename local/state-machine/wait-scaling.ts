import type { StateMachineDefinition } from 'aws-local-stepfunctions';
import { maxTimerSeconds } from '#local/state-machine/definition/service-limits.ts';
import {
  allStates,
  isFields,
  type StateFields,
  valueAt,
} from '#local/state-machine/definition/states.ts';
import { type RunEnding, uncatchableError } from '#local/state-machine/lambda/run-ending.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';

/** Sleeps for the time in a Wait state's input. Returns the input. */
export type WaitTask = (input: unknown) => Promise<unknown>;

/** Sleeps for the given time, by real time or by a faster clock. */
export type Sleep = (milliseconds: number) => Promise<void>;

/** A definition with all waits shortened by one factor. */
export interface ScaledDefinition {
  readonly definition: StateMachineDefinition;
  /** The tasks, by state name, that replace each Wait with seconds from its input. */
  readonly waits: Readonly<Record<string, WaitTask>>;
}

/** An arbitrary function ARN: the interpreter selects the task by the state's name. */
const waitResource = 'arn:aws:lambda:us-east-1:000000000000:function:wait';

/**
 * Divides every wait of a definition by `factor`: Wait states and the delays of Retry with their
 * jitter. Timeouts stay unchanged, since the work takes real time. The interpreter can only replace the
 * time of a Wait by a constant, so a Wait with seconds from its input becomes a task that sleeps. With
 * a factor of 1, the definition is unchanged.
 * @param sleep - sleeps in these tasks. Default: real time divided by the factor
 * @throws InvalidInputError - the factor is not a number of at least 1
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
      `Invalid timeFactor ${factor}: must be a number of at least 1`,
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

/** Scales a retrier: its delays start at IntervalSeconds (default 1) and are limited by MaxDelaySeconds. */
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

/** Reads the seconds at a plain path. The definition has no other paths. */
function readSeconds(path: string, input: unknown): number {
  const seconds = valueAt(path, input);
  if (Number.isInteger(seconds) && Number(seconds) >= 0) return Number(seconds);
  const text = `Invalid ${path} ${JSON.stringify(seconds)}: must be a whole number of seconds`;
  throw uncatchableError('States.Runtime', text);
}

function sleepReal(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, Math.max(1, milliseconds));
  });
}
