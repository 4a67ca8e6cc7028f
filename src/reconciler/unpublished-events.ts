import { type ServiceCall, workThrough } from '#src/background-work/work-through.ts';
import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import { publishOutcome } from '#src/outcome/publish-outcome.ts';
import type { ReconcilerPorts, SweepCounts } from './reconciler-ports.ts';

/** The step that wrote a younger outcome may still publish it, in ms. */
const eventGraceMs = 120_000;

/** Events published in one run. Each takes about 50 ms: a call of EventBridge and a write. */
const maxEventsPerRun = 500;

/** The highest count of unpublished outcomes. The metric shows a backlog and needs no exact number. */
const maxEventsCounted = 10_000;

/** Publishes every outcome again that is not confirmed in time. Counts the outcomes that remain. */
export async function publishLateEvents(
  ports: ReconcilerPorts,
  call: ServiceCall,
): Promise<SweepCounts> {
  const late = await listLateOutcomes(ports, call);
  let left = late.length;
  const publish = async ({ transferId }: TransferRecord) => {
    const isPublished = await publishCurrent(ports, transferId);
    left--;
    return isPublished;
  };
  try {
    const eventsSent = await workThrough(ports, call, late.slice(0, maxEventsPerRun), publish);
    return { eventsSent };
  } finally {
    ports.meter.add('UnconfirmedEvents', left);
  }
}

/** Returns the unpublished outcomes, longest waiting first. */
async function listLateOutcomes(
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

/** Reads the row again, because the index may be late. Removes a published outcome from the index. */
async function publishCurrent(ports: ReconcilerPorts, transferId: string): Promise<boolean> {
  const { store, clock } = ports;
  const row = await store.transfer(transferId);
  if (!row) return false;
  if (!row.outcomePublished) return publishOutcome(ports, row);
  const { fence, state, changedAt } = row;
  const patch = { outcomePublished: true };
  await store.patchTransfer(transferId, fence, patch, clock.now(), { state, changedAt });
  return false;
}
