import * as z from 'zod/mini';
import type { TransferRecord } from '#src/core/transfer/transfer.ts';
import { readRequest } from './input.ts';
import { eventTypes } from './publish-outcome.ts';
import type { Invocation, Needs } from './step.ts';
import { rejectionIdOf } from './transfer-ids.ts';

/**
 * Records a start that ended before it took a transfer: a row of its own, then the event, then the
 * confirmation. Returns what row and event say of it.
 * @param state - `refused` where it failed, `cancelled` where it was stopped on purpose
 */
export async function recordRejection(
  { store, events, clock }: Needs<'store' | 'events'>,
  told: Readonly<Record<string, unknown>>,
  { executionId, executionInput }: Invocation,
  state: 'refused' | 'cancelled' = 'refused',
): Promise<Readonly<Record<string, unknown>>> {
  const now = clock.now();
  const transferId = rejectionIdOf(executionId);
  const reference = referenceOf(executionInput);
  const output = { ...told, transferId, execution: executionId, ...reference };
  const refusal: TransferRecord = {
    transferId,
    state,
    destination: '',
    ingestNumber: 0,
    source: { bucket: '', key: '', ...reference, etag: '', sizeBytes: 0 },
    options: {},
    owner: executionId,
    fence: 0,
    leaseUntil: now,
    sessionNumber: 0,
    createdAt: now,
    changedAt: now,
    outcome: output,
    outcomePublished: false,
    retries: {},
  };
  await store.putRejection(refusal);
  await events.publish({ type: eventTypes[state], detail: output, at: now });
  await store.putRejection({ ...refusal, outcomePublished: true });
  return output;
}

/** Bucket and key of the start, as far as it names them; another field may be what was wrong. */
function referenceOf(input: unknown) {
  const named = namedSchema.safeParse(input);
  try {
    return named.success ? named.data : readRequest(input).reference;
  } catch {
    return {};
  }
}

/** What is longer names no object, and a row of it could outgrow what the table takes. */
const namedSchema = z.object({
  bucket: z.string().check(z.maxLength(255)),
  key: z.string().check(z.maxLength(1024)),
});
