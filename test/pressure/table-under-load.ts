import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { Random } from '#src/core/ports/clock.ts';
import type { QueueStore } from '#src/core/queue/queue.ts';
import type { TransferStore } from '#src/core/transfer/transfer-store.ts';
import { systemClock } from '#src/system/system-clock.ts';
import { wrapPort } from '../harness/wrap-port.ts';

/** The calls of the table. */
export interface TableWatch {
  calls: number;
  /** Calls that failed, with and without their effect. */
  failed: number;
}

/** The share of the queue's calls that fail. Half of them have taken effect. */
const failingShare = 0.001;

/**
 * Adds latency to every call of a store, and counts the calls. Without latency, calls of a store in memory
 * never overlap, and no races occur.
 */
export function slowTable<S extends TransferStore | QueueStore>(
  store: S,
  watch: TableWatch,
  random: Random,
): S {
  return wrapPort(store, async (_, call) => {
    watch.calls++;
    await systemClock.sleep(2 + random() * 10);
    return call();
  });
}

/** Fails some calls as an unreachable table does: before their effect, or with a lost reply. */
export function failingTable<S extends QueueStore>(store: S, watch: TableWatch, random: Random): S {
  const fail = (): never => {
    watch.failed++;
    throw new TransferError('TableUnavailableError', 'the table is unreachable');
  };
  return wrapPort(store, async (_, call) => {
    const drawn = random();
    if (drawn < failingShare / 2) fail();
    const answer = await call();
    if (drawn < failingShare) fail();
    return answer;
  });
}
