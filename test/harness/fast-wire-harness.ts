import { give, given } from '#functions/runtime/given.ts';
import { store as openStore } from '#functions/runtime/store.ts';
import type { ExecutionHandle, ExecutionOptions } from '#local/state-machine/run.ts';
import type { TransferRecord } from '#src/core/transfer/transfer.ts';
import type { TransferStore } from '#src/core/transfer/transfer-store.ts';
import type { Ports } from '#src/transfer/step.ts';
import { type ScaledClock, startScaledClock } from './scaled-clock.ts';
import { type Film, openWorld, type World, type WorldOptions } from './wire-harness.ts';

/** A world whose time passes a hundred times faster, with its table and its functions' parts in hand. */
export interface FastWorld extends World {
  readonly clock: ScaledClock;
  /** The table, by a store of the test's own. */
  readonly store: TransferStore;
  start(input: unknown, options?: Partial<ExecutionOptions>): ExecutionHandle;
  /** Puts parts in place of the functions' own, until the next `give` or `reset`. */
  give(parts: Partial<Ports>): void;
  /** The row of the newest transfer of that object. */
  transferOf(film: Pick<Film, 'bucket' | 'key'>): Promise<TransferRecord>;
}

const timeFactor = 100;

export async function openFastWorld(options: WorldOptions = {}): Promise<FastWorld> {
  const clock = startScaledClock(timeFactor);
  const world = await openWorld({ timeFactor, ...options, clock, given: { clock } });
  const usual = given;
  const switches = { ...world.service.switches };
  const store = openStore();
  return {
    ...world,
    clock,
    store,
    start(input, more = {}) {
      const execution = world.pipeline.start(input, more);
      world.emulators.follow(execution);
      return execution;
    },
    give: (parts) => give({ ...usual, ...parts }),
    transferOf: async (film) => newestOf(await world.rows(), film),
    reset() {
      world.reset();
      give(usual);
      Object.assign(world.service.switches, switches);
      (world.emulators.eventBridge.entries as unknown[]).length = 0;
    },
    async close() {
      await world.close();
      clock.stop();
    },
  };
}

function newestOf(
  rows: readonly Record<string, unknown>[],
  { bucket, key }: Pick<Film, 'bucket' | 'key'>,
): TransferRecord {
  const [newest] = rows
    .filter(({ row }) => row === 'transfer')
    .map((row) => row as unknown as TransferRecord)
    .filter(({ source }) => source.bucket === bucket && source.key === key)
    .sort((a, b) => b.createdAt - a.createdAt);
  if (newest) return newest;
  throw new Error(`the table has no transfer of ${bucket}/${key}`);
}

/** The machine with another time limit for one function. */
export function withTimeLimit(
  { pipeline }: World,
  step: string,
  timeoutSeconds: number,
): Pick<ExecutionOptions, 'machine'> {
  const functions = [...pipeline.machine.functions].map(
    ([arn, one]) => [arn, one.name === step ? { ...one, timeoutSeconds } : one] as const,
  );
  return { machine: { ...pipeline.machine, functions: new Map(functions) } };
}
