import { maxSlots } from '#src/core/limits/limits.ts';
import type { Slot } from '#src/core/queue/queue.ts';
import { isCancelledByRequest } from '#src/core/transfer/transfer.ts';
import {
  type SweepCounts,
  type ReconcilerPorts,
  type ServiceCall,
  workThrough,
} from './reconciler-ports.ts';

/** Counts the slots that are held, and frees those whose lease or transfer is over. */
export async function releaseStaleSlots(ports: ReconcilerPorts, call: ServiceCall): Promise<SweepCounts> {
  const { queue, clock, meter } = ports;
  const now = clock.now();
  const held = await queue.slots(maxSlots);
  meter.add('ActiveTransfers', held.filter(({ until }) => until >= now).length);
  const slotsReleased = await workThrough(ports, call, held, async (slot) => {
    if (!(await isDead(ports, slot, now))) return false;
    await queue.clearSlot(slot);
    return true;
  });
  return { slotsReleased };
}

/** The execution of a cancelled transfer may still send: it frees the slot, or its lease ends. */
async function isDead(
  { store }: ReconcilerPorts,
  { transferId, until }: Slot,
  now: number,
): Promise<boolean> {
  if (until < now) return true;
  const row = await store.transfer(transferId);
  if (!row || row.state === 'active') return false;
  return !isCancelledByRequest(row) || row.slot === undefined;
}
