import type { ChunkProof } from '#src/core/transfer/chunk-proof.ts';
import type { UsableSession } from './ownership.ts';
import { type RetryContext, retryWithBackoff } from './retry-with-backoff.ts';
import type { Needs } from './step.ts';

/** What a report needs: where to send it, and where to record the reply. */
export type ReportContext = RetryContext & { readonly ports: Needs<'store' | 'destination'> };

/**
 * Reports proofs in as few requests as the service allows, and records what each reply accepted.
 * Does nothing if the service takes no reports.
 * @throws the error of the first request that fails; later batches are not sent
 */
export async function reportInBatches(
  context: ReportContext,
  transferId: string,
  record: UsableSession,
  proofs: readonly ChunkProof[],
): Promise<void> {
  const batchSize = context.ports.destination.traits.maxProofsPerReport;
  for (let at = 0; batchSize > 0 && at < proofs.length; at += batchSize) {
    await reportBatch(context, transferId, record, proofs.slice(at, at + batchSize));
  }
}

async function reportBatch(
  context: ReportContext,
  transferId: string,
  { number, session }: UsableSession,
  proofs: readonly ChunkProof[],
): Promise<void> {
  const { destination, store } = context.ports;
  const { signal } = context.invocation;
  const report = () => destination.reportProofs(session, proofs, { signal });
  const receipt = await retryWithBackoff(context, report);
  // A reply that counts fewer chunks than the report held does not name the accepted ones.
  const isComplete = receipt.accepted + receipt.duplicates >= proofs.length;
  const accepted = isComplete ? proofs.map(({ index }) => index) : [];
  await store.recordReceipt(transferId, number, { accepted, complete: receipt.complete });
}
