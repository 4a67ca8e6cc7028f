import { type CommandResult, readCommand, runCommand } from '#src/admission/commands.ts';
import { type DispatchResult, dispatch, dispatchOnSchedule } from '#src/admission/dispatch.ts';
import type { Settings } from '#src/core/settings.ts';
import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import type { Invocation } from '#src/step-support/step.ts';
import { objectIdOf, transferIdOf } from '#src/step-support/transfer-ids.ts';
import { sampleBytes } from '../doubles/memory/memory-source.ts';
import { invocationOf } from '../harness/invocation.ts';
import { film } from '../harness/port-harness.ts';
import { chunkBytes, type Planned, StepHarness } from '../harness/step-harness.ts';
import { ScriptedExecutions } from '../reconciler/reconciler-harness.ts';

export const stateMachineArn = 'arn:aws:states:eu-west-1:111122223333:stateMachine:Transfers';

/** The result of OpenSession: a plan or an ending. */
export interface Answer {
  readonly next: string;
  readonly ending?: Readonly<Record<string, unknown>>;
}

/** The default settings: one slot. */
const oneSlot: Partial<Settings> = { maxActiveTransfers: 1, maxSendConcurrency: 4 };

/** A step harness with the dispatcher and the operator's commands. */
export interface QueueHarness {
  readonly harness: StepHarness;
  readonly executions: ScriptedExecutions;
  /** Puts the i-th film and enters OpenSession in an execution of its own. */
  start(i: number, input?: object): Promise<Answer & Planned>;
  /** Enters OpenSession in the execution that the dispatcher started. */
  goOn(start: { name: string; input: object }): Promise<Answer & Planned>;
  dispatch(): Promise<DispatchResult>;
  dispatchOnSchedule(): Promise<DispatchResult>;
  command(event: object): Promise<CommandResult>;
  /** Returns the row of the i-th film. */
  row(i: number): Promise<TransferRecord>;
}

/** Returns the execution of the i-th start. */
export const by = (i: number): Partial<Invocation> => ({ executionId: `execution-${i}` });

export const nameOfFilm = (i: number) => ({ ...film, key: `film ${i}.mp4` });

export async function openQueue(tuned: Partial<Settings> = {}): Promise<QueueHarness> {
  const harness = await StepHarness.create({}, { ...oneSlot, ...tuned });
  const executions = new ScriptedExecutions();
  const call = async <T>(work: (invocation: Invocation) => Promise<T>): Promise<T> => {
    const invocation = invocationOf(harness.doubles, {});
    return work(invocation).finally(invocation.close);
  };
  const ports = () => ({ ...harness.ports, executions });
  return {
    harness,
    executions,
    start: async (i, input = {}) => {
      const named = nameOfFilm(i);
      harness.doubles.source.put(named, sampleBytes(2 * chunkBytes, named.key));
      const inspected = await harness.inspect({ ...named, ...input });
      return (await harness.open(inspected, by(i))) as Answer & Planned;
    },
    goOn: async ({ name, input }) =>
      (await harness.open(input, { executionId: name })) as Answer & Planned,
    dispatch: () => call((one) => dispatch(ports(), stateMachineArn, one)),
    dispatchOnSchedule: () => call((one) => dispatchOnSchedule(ports(), stateMachineArn, one)),
    command: (event) => {
      const command = readCommand(event);
      if (!command) throw new Error('the event is not a command');
      return runCommand(ports(), command);
    },
    row: async (i) => {
      const source = await harness.doubles.source.inspect(nameOfFilm(i));
      const object = objectIdOf(harness.ports.destination.identity, source);
      return harness.row({ transferId: transferIdOf(object, 1) });
    },
  };
}
