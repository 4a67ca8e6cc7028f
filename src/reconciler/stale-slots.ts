import { type ServiceCall, workThrough } from '#src/background-work/work-through.ts';
import { maxSlots } from '#src/core/limits/limits.ts';
import type { Slot } from '#src/core/queue/queue.ts';
import { isCancelledByRequest } from '#src/core/transfer/transfer-row.ts';
import type { ReconcilerPorts, SweepCounts } from './reconciler-ports.ts';

/** Counts the live slots. Clears slots whose lease or transfer is over. */
export async function releaseStaleSlots(
  ports: ReconcilerPorts,
  call: ServiceCall,
): Promise<SweepCounts> {
  const { queue, clock, meter } = ports;
  const now = clock.now();
  const slots = await queue.slots(maxSlots);
  meter.add('ActiveTransfers', slots.filter(({ until }) => until >= now).length);
  const slotsReleased = await workThrough(ports, call, slots, async (slot) => {
    if (!(await isStale(ports, slot, now))) return false;
    await queue.clearSlot(slot);
    return true;
  });
  return { slotsReleased };
}

/** The slot of a cancelled transfer stays: its execution may still send, and clears the slot itself. */
async function isStale(
  { store }: ReconcilerPorts,
  { transferId, until }: Slot,
  now: number,
): Promise<boolean> {
  if (until < now) return true;
  const row = await store.transfer(transferId);
  if (!row || row.state === 'active') return false;
  return !isCancelledByRequest(row) || row.slot === undefined;
}
