import type { FunctionName, StepName } from '#src/core/shared-with-infra/step-names.ts';
import { runTransfer } from '../../../harness/run-transfer.ts';
import {
  executionId,
  type HandlerHarness,
  openHandlerHarness,
  ours,
  type Wire,
} from './handler-harness.ts';

/** The payload of a function call by the state machine. */
export interface Payload {
  readonly state: unknown;
  readonly executionId: string;
}

/** One call of a transfer without faults. */
interface RecordedCall {
  readonly name: FunctionName;
  readonly payload: Payload;
  /** The time of the call, in ms since 1970. */
  readonly at: number;
}

let recorded: Promise<readonly RecordedCall[]> | undefined;

/** Records the calls of one transfer in the interpreter. */
async function recordCalls(): Promise<readonly RecordedCall[]> {
  const harness = await openHandlerHarness();
  const calls: RecordedCall[] = [];
  const { status } = await runTransfer(harness, ours, {
    executionId,
    onCall: (name, payload) => void calls.push({ name, payload, at: harness.clock.now() }),
  });
  if (status !== 'SUCCEEDED') throw new Error(`the recorded transfer ended as ${status}`);
  return calls;
}

/**
 * Returns a harness whose transfer has reached a step, and the payload of that call. The calls before it
 * are replayed from a recording: thousands of runs in the interpreter would take minutes.
 */
export async function openAtStep(
  step: StepName,
  wire?: Wire,
): Promise<{ readonly harness: HandlerHarness; readonly payload: Payload }> {
  recorded ??= recordCalls();
  const harness = await openHandlerHarness(wire);
  for (const { name, payload, at } of await recorded) {
    if (name === step) return { harness, payload };
    harness.clock.advance(Math.max(0, at - harness.clock.now()));
    await harness.call(name, payload);
  }
  throw new Error(`the recorded transfer has no call of ${step}`);
}
