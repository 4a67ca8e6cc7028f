import type { StateMachine, StateMachineDefinition } from 'aws-local-stepfunctions';
import type { ServiceLimits } from '#local/state-machine/definition/service-limits.ts';
import { allStates } from '#local/state-machine/definition/states.ts';
import { measurePayload } from '#local/state-machine/lambda/payload-limit.ts';
import type { RunEnding } from '#local/state-machine/lambda/run-ending.ts';

/** One entry of the interpreter's event log, with input and output. */
export type StateMachineEvent =
  ReturnType<StateMachine['run']>['eventLogs'] extends AsyncGenerator<infer Event> ? Event : never;

/** The counts of a run so far. */
export interface Tally {
  /** Number of entered states, including entries by a Retry. */
  readonly transitions: number;
  /** Number of events that the execution's history would have in the service. */
  readonly historyEvents: number;
  /** Number of entries by state, in the order of first entry. */
  readonly entered: Readonly<Record<string, number>>;
  /** The largest input or output of any state. */
  readonly largestPayloadBytes: number;
}

export interface EventTally {
  /** Counts one event. Returns it with the state's type in the definition. */
  count(event: StateMachineEvent): StateMachineEvent;
  tally(): Tally;
}

/** History events of one visit of a state. Estimates, not measured. */
const stateWeights: Readonly<Record<string, number>> = { Task: 5, Map: 4, Fail: 1 };
const otherStateWeight = 2;
const retryWeight = 3;
const iterationWeight = 2;
const executionWeight = 2;

/** The service's name for this error is unknown. No Retry or Catch handles it there either. */
const historyLimitError = 'HistoryEventLimitExceeded';

/**
 * Counts a run from its event log without storing payloads. Ends the run at limits that the interpreter
 * does not have. The log is slightly late, so a state or two may still run.
 */
export function createEventTally(
  definition: StateMachineDefinition,
  limits: ServiceLimits,
  ending: RunEnding,
): EventTally {
  const types = new Map(allStates(definition).map(({ name, state }) => [name, `${state.Type}`]));
  const entered: Record<string, number> = {};
  let transitions = 0;
  let historyEvents = executionWeight;
  let largestPayloadBytes = 0;

  function measure(value: unknown, what: string): void {
    const bytes = measurePayload(value, what, limits.payloadBytes, ending);
    largestPayloadBytes = Math.max(largestPayloadBytes, bytes);
  }

  function count(logged: StateMachineEvent): StateMachineEvent {
    const event = asDefined(logged, types);
    historyEvents += historyWeight(event);
    if (event.type === 'StateEntered' || event.type === 'StateRetried') transitions += 1;
    if (event.type === 'StateEntered') {
      const { name, input } = event.state;
      entered[name] = (entered[name] ?? 0) + 1;
      measure(input, `The input of state ${name}`);
    } else if (event.type === 'StateExited') {
      measure(event.state.output, `The output of state ${event.state.name}`);
    }
    if (historyEvents > limits.historyEvents) {
      const cause = `The execution's history has more than ${limits.historyEvents} events`;
      ending.end({ status: 'FAILED', error: historyLimitError, cause });
    }
    return event;
  }

  return { count, tally: () => ({ transitions, historyEvents, entered, largestPayloadBytes }) };
}

function historyWeight(event: StateMachineEvent): number {
  if (event.type === 'StateRetried') return retryWeight;
  if (event.type === 'MapIterationStarted') return iterationWeight;
  if (event.type !== 'StateEntered') return 0;
  return stateWeights[event.state.type] ?? otherStateWeight;
}

/** Restores the type in the definition: a shortened Wait runs as a Task. */
function asDefined(
  event: StateMachineEvent,
  types: ReadonlyMap<string, string>,
): StateMachineEvent {
  if (!('state' in event)) return event;
  const type = types.get(event.state.name) as typeof event.state.type | undefined;
  return { ...event, state: { ...event.state, type: type ?? event.state.type } };
}
