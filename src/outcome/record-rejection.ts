import * as z from 'zod/mini';
import type { TransferRecord } from '#src/core/transfer/transfer-row.ts';
import { readReference } from '#src/step-support/input.ts';
import type { Invocation, Needs } from '#src/step-support/step.ts';
import { rejectionIdOf } from '#src/step-support/transfer-ids.ts';
import { eventTypes } from './publish-outcome.ts';

/**
 * Records a start that ended before it took a transfer: writes a row, publishes the event, then marks the
 * row as published.
 * @param state - `rejected` if the start failed, `cancelled` if it was stopped on purpose
 * @returns the outcome that the row and the event contain
 */
export async function recordRejection(
  { store, events, clock }: Needs<'store' | 'events'>,
  reported: Readonly<Record<string, unknown>>,
  { executionId, executionInput }: Invocation,
  state: 'rejected' | 'cancelled' = 'rejected',
): Promise<Readonly<Record<string, unknown>>> {
  const now = clock.now();
  const transferId = rejectionIdOf(executionId);
  const reference = referenceOf(executionInput);
  const output = { ...reported, transferId, execution: executionId, ...reference };
  const rejection: TransferRecord = {
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
  await store.putRejection(rejection);
  await events.publish({ type: eventTypes[state], detail: output, at: now });
  await store.putRejection({ ...rejection, outcomePublished: true });
  return output;
}

/** Returns the bucket and key of the input, if it has them: another field may be the invalid one. */
function referenceOf(input: unknown) {
  const named = namedSchema.safeParse(input);
  try {
    return named.success ? named.data : readReference(input);
  } catch {
    return {};
  }
}

/** Longer values name no object, and could make the row larger than an item of the table. */
const namedSchema = z.object({
  bucket: z.string().check(z.maxLength(255)),
  key: z.string().check(z.maxLength(1024)),
});
