import { type StepName, stepNames } from '#src/core/stack/step-names.ts';
import { executionId, openStand, ours, type Stand, type Wire } from './handler-harness.ts';

/** What a function of the state machine is called with. */
export interface Payload {
  readonly state: unknown;
  readonly executionId: string;
  readonly startedAt: string;
  readonly input?: unknown;
}

type State = Record<string, unknown>;

/** Calls of one function in a row, while it asks to be called again. */
const maxLooks = 10;

/** A stand on which a transfer has come to that function, and what the machine calls it with. */
export async function standAt(
  step: StepName,
  wire?: Wire,
): Promise<{ readonly stand: Stand; readonly payload: Payload }> {
  const stand = await openStand(wire);
  let state: unknown = ours;
  for (const name of stepNames) {
    if (name === step) break;
    state = await pass(stand, name, state);
  }
  return { stand, payload: payloadOf(step, itemFor(step, state)) };
}

export function payloadOf(step: StepName, state: unknown): Payload {
  const payload = { state, executionId, startedAt: '2026-11-21T12:00:00Z' };
  return step === 'RecordOutcome' ? { ...payload, input: ours } : payload;
}

/** From the state before a function to the one after it; a map leaves the state as it was. */
async function pass(stand: Stand, step: StepName, state: unknown): Promise<unknown> {
  if (step === 'SendChunks' || step === 'ReportProofs') {
    await stand.call(step, payloadOf(step, itemFor(step, state)));
    return state;
  }
  let next = state as State;
  for (let look = 0; look < maxLooks; look++) {
    next = (await stand.call(step, payloadOf(step, next))) as State;
    if (next.next !== 'wait') break;
    stand.clock.advance(Number(next.waitSeconds) * 1000);
  }
  return next;
}

/** The one range's state, as the map makes it. */
function itemFor(step: StepName, state: unknown): unknown {
  if (step !== 'SendChunks' && step !== 'ReportProofs') return state;
  const { transferId, fence, sessionNumber, round, ranges } = state as State;
  const [range] = ranges as unknown[];
  return { transferId, fence, sessionNumber, round, range, calls: 0 };
}
