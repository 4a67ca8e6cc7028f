import { type Priority, priorities, type Ticket, ticketName } from '#src/core/queue/queue.ts';
import type { Needs } from '#src/transfer/step.ts';
import { headLength, lengthBehind } from './join-queue.ts';

/** Whether transfers may start now, and into how many slots. */
export interface QueueAvailability {
  readonly freeSlots: number;
  /** Why nothing may start, where transfers are held. */
  readonly held?: string;
}

/**
 * Measures the queue by a bounded number of reads, whatever its length: its length, the age of its
 * oldest ticket, whether it is paused, and how long its head has not moved although slots are free.
 */
export async function measureQueue(
  ports: Needs<'queue'>,
  openness: QueueAvailability,
  everySeconds: number,
): Promise<void> {
  const { queue, meter, clock } = ports;
  const heads = await headsOf(ports);
  const lengths = priorities.map((priority) => lengthBehind(queue, priority, heads[priority]));
  const length = (await Promise.all(lengths)).reduce((sum, one) => sum + one, 0);
  const first = priorities.flatMap((priority) => heads[priority]);
  const since = Math.min(clock.now(), ...first.map((ticket) => ticket.since));
  meter.add('QueueLength', length);
  meter.add('OldestQueuedSeconds', (clock.now() - since) / 1000);
  meter.add('Paused', (await queue.pause()) ? 1 : 0);
  meter.add('QueueStalledSeconds', await stalledSeconds(ports, openness, first[0], everySeconds));
}

/**
 * Returns the head of the queue of each priority. The oldest ticket is not always the first: transfers that
 * were stopped are first by their old numbers and young by their tickets.
 */
async function headsOf({ queue }: Needs<'queue'>): Promise<Record<Priority, Ticket[]>> {
  const live = await queue.firstTickets('live', headLength);
  const backfill = await queue.firstTickets('backfill', headLength);
  return { live, backfill };
}

/** A head that changed, a queue that is held, or one without a free slot does not stall. */
async function stalledSeconds(
  { queue, clock }: Needs<'queue'>,
  { freeSlots, held }: QueueAvailability,
  head: Ticket | undefined,
  everySeconds: number,
): Promise<number> {
  if (!head || held || freeSlots === 0) return 0;
  const now = clock.now();
  const ticket = ticketName(head);
  const before = await queue.queueHead();
  // A head that was recorded while the queue was held, or long ago, says nothing of the time since.
  const isFollowed = before?.ticket === ticket && now - before.seenAt < 3 * everySeconds * 1000;
  const since = isFollowed ? before.since : now;
  await queue.recordQueueHead({ ticket, since, seenAt: now });
  return (now - since) / 1000;
}
