import { type Priority, priorities, type Ticket, ticketName } from '#src/core/queue/queue.ts';
import type { Needs } from '#src/step-support/step.ts';
import type { WaitReason } from './admission.ts';
import { headLength, lengthFrom } from './join-queue.ts';

/** How many transfers may start now. */
export interface QueueAvailability {
  readonly freeSlots: number;
  /** Why no transfer may start now. Undefined: transfers may start. */
  readonly holdReason?: WaitReason;
}

/**
 * Measures the queue's length, the age of its oldest ticket, whether it is paused, and how long its head
 * has not moved while slots were free. The number of reads does not depend on the length.
 */
export async function measureQueue(
  ports: Needs<'queue'>,
  availability: QueueAvailability,
  everySeconds: number,
): Promise<void> {
  const { queue, meter, clock } = ports;
  const heads = await readHeads(ports);
  const lengths = priorities.map((priority) => lengthFrom(queue, priority, heads[priority]));
  const length = (await Promise.all(lengths)).reduce((sum, one) => sum + one, 0);
  const first = priorities.flatMap((priority) => heads[priority]);
  const since = Math.min(clock.now(), ...first.map((ticket) => ticket.since));
  meter.add('QueueLength', length);
  meter.add('OldestQueuedSeconds', (clock.now() - since) / 1000);
  meter.add('Paused', (await queue.pause()) ? 1 : 0);
  meter.add(
    'QueueStalledSeconds',
    await stalledSeconds(ports, availability, first[0], everySeconds),
  );
}

/**
 * Returns the head of the queue of each priority. The first ticket is not always the oldest: stopped
 * transfers have old numbers and young tickets.
 */
async function readHeads({ queue }: Needs<'queue'>): Promise<Record<Priority, Ticket[]>> {
  const live = await queue.firstTickets('live', headLength);
  const backfill = await queue.firstTickets('backfill', headLength);
  return { live, backfill };
}

/** Returns 0 if the head changed, a hold reason exists, or no slot is free. */
async function stalledSeconds(
  { queue, clock }: Needs<'queue'>,
  { freeSlots, holdReason }: QueueAvailability,
  head: Ticket | undefined,
  everySeconds: number,
): Promise<number> {
  if (!head || holdReason || freeSlots === 0) return 0;
  const now = clock.now();
  const ticket = ticketName(head);
  const before = await queue.queueHead();
  // Transfers may have been on hold since a head that was recorded long ago, so the time begins again.
  const isRecent = before?.ticket === ticket && now - before.seenAt < 3 * everySeconds * 1000;
  const since = isRecent ? before.since : now;
  await queue.recordQueueHead({ ticket, since, seenAt: now });
  return (now - since) / 1000;
}
