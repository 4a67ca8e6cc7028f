import type { Ports } from '#src/step-support/step.ts';
import type { PortHarness } from '../../harness/port-harness.ts';
import { drawFaults, type FaultClass, type Faults } from '../faults/fault-classes.ts';
import { faultySource } from '../faults/faulty-source.ts';
import { faultyQueue, faultyStore } from '../faults/faulty-table.ts';
import { openS3Faults } from '../faults/s3-outages.ts';
import type { Chance } from '../harness/chance.ts';
import type { Sandbox } from '../harness/sandbox.ts';
import type { Tables } from '../invariants/checked-store.ts';

/**
 * Faults of the table and of S3 that pass. The others of the simulation change the object, or need its clock: here,
 * a sleep moves a manual clock.
 */
const classes = [
  ...([
    'table throttled',
    'table reply lost',
    'table write repeated',
    'dead table sockets',
  ] as const),
  ...(['source unavailable', 'read truncated', 'S3 transient code', 'S3 clock skew'] as const),
] satisfies FaultClass[];

/** The faults of the table and of S3 in one run. */
export interface PortFaults {
  readonly faults: Faults;
  /** Returns the ports with the faults. */
  change(ports: Ports): Partial<Ports>;
}

/** Draws faults for the ports of a harness. All processes share one sandbox. */
export function openPortFaults(
  chance: Chance,
  { source }: Pick<PortHarness, 'source'>,
): PortFaults {
  const draws = { chance, reported: chance, s3: chance, table: chance, queue: chance };
  const faults = drawFaults(draws, { only: classes.filter(() => chance.hits(0.5)) });
  const sandbox = {
    functionName: 'any',
    isAlive: true,
    call: <T>(_: string, work: () => Promise<T>) => work(),
  } as unknown as Sandbox;
  const never = () => {
    throw new Error('no fault of this run changes or misreads an object');
  };
  const sourceFaults = {
    ...{ faults, change: never, onWrongBytes: never, onUnpinnedRead: never },
    s3: openS3Faults(faults, chance),
  };
  // No fault of this run makes an index late.
  const tables = { before: [] } as unknown as Tables;
  return {
    faults,
    change: ({ store, queue }) => ({
      store: faultyStore(store, tables, faults, sandbox),
      queue: faultyQueue(queue, faults, sandbox),
      source: faultySource(source, sourceFaults, sandbox),
    }),
  };
}
