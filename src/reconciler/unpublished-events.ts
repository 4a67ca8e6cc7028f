import type { TransferRecord } from '#src/core/transfer/transfer.ts';
import { publishOutcome } from '#src/transfer/publish-outcome.ts';
import {
  type SweepCounts,
  type ReconcilerPorts,
  type ServiceCall,
  workThrough,
} from './reconciler-ports.ts';

/** An outcome younger than this may still be announced by the step that wrote it, in ms. */
const eventGraceMs = 120_000;

/** Events sent by one run: each is a call of EventBridge and a write, some 50 ms together. */
const maxEventsPerRun = 500;

/** Rows counted beyond those: the gauge tells a backlog, it need not measure a great one. */
const maxEventsCounted = 10_000;

/** Sends every event again that nobody confirmed in time, and counts those that stay so. */
export async function publishLateEvents(ports: ReconcilerPorts, call: ServiceCall): Promise<SweepCounts> {
  const late = await lateOutcomes(ports, call);
  let left = late.length;
  const send = async ({ transferId }: TransferRecord) => {
    const sent = await publishNow(ports, transferId);
    left--;
    return sent;
  };
  try {
    const eventsSent = await workThrough(ports, call, late.slice(0, maxEventsPerRun), send);
    return { eventsSent };
  } finally {
    ports.meter.add('UnconfirmedEvents', left);
  }
}

/** Longest waiting first, as they are listed. */
async function lateOutcomes(
  { store, clock }: ReconcilerPorts,
  { deadline }: ServiceCall,
): Promise<TransferRecord[]> {
  const late: TransferRecord[] = [];
  for await (const row of store.listUnpublished()) {
    if (row.changedAt > clock.now() - eventGraceMs) break;
    late.push(row);
    if (late.length >= maxEventsCounted || clock.now() >= deadline) break;
  }
  return late;
}

/** The list may be behind the row, and the row may keep its mark in it though it was announced. */
async function publishNow(ports: ReconcilerPorts, transferId: string): Promise<boolean> {
  const row = await ports.store.transfer(transferId);
  if (!row) return false;
  if (!row.outcomePublished) return publishOutcome(ports, row);
  const { fence, state, changedAt } = row;
  const seen = { state, changedAt };
  await ports.store.patchTransfer(
    transferId,
    fence,
    { outcomePublished: true },
    ports.clock.now(),
    seen,
  );
  return false;
}
