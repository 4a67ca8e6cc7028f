import { isErrorName, isTransferError, TransferError } from '#src/core/errors/errors.ts';
import type { ChunkProof } from '#src/core/transfer/chunk-proof.ts';
import { isProven, type RangeFailure } from '#src/core/transfer/transfer.ts';
import { failureOf } from '#src/steps/send-chunks/send-chunks.ts';
import { messageOf } from '#src/transfer/failure.ts';
import { type UsableSession, usableSession } from '#src/transfer/ownership.ts';
import { causeOf, countRetry } from '#src/transfer/retry-counts.ts';
import { type RetryScope, retryWithBackoff } from '#src/transfer/retry-with-backoff.ts';
import { type RangeState, rangeStateSchema, readState } from '#src/transfer/state.ts';
import type { Invocation, Needs } from '#src/transfer/step.ts';

type ReportPorts = Needs<'store' | 'destination'>;

/**
 * Reports the proofs of one range and writes down what stopped its sender, if something did. A
 * report that fails costs nothing: the next step sees what is pending and reports it again.
 */
export async function reportProofs(
  ports: ReportPorts,
  state: unknown,
  invocation: Invocation,
): Promise<{ reported: number }> {
  const item = readState(rangeStateSchema, state);
  const { transferId, sessionNumber, range } = item;
  if (item.error) await recordSenderFailure(ports, item, item.error, invocation);
  const record = await usableSession(ports, transferId, sessionNumber);
  const rows = await ports.store.chunks(transferId, sessionNumber, range.first, range.last);
  const retries: Record<string, number> = {};
  try {
    await reportInBatches(
      { ports, invocation, retries },
      transferId,
      record,
      [...rows.values()].filter(isProven),
    );
  } catch (error) {
    if (!isTransferError(error)) throw error;
    ports.log.warn('report given up', { transferId, range: range.n, error: error.name });
    if (error.name === 'ThrottledError') countRetry({ ports, retries }, causeOf(error));
    await ports.store.recordRangeFailure(
      keyOf(item),
      reportFailure(ports, error, item, invocation),
    );
  }
  if (Object.keys(retries).length > 0) await ports.store.countRetries(transferId, retries);
  return { reported: rows.size };
}

/** One bad proof may be why a report was refused: the next step finds out which, so it ends nothing. */
function reportFailure(
  { clock }: ReportPorts,
  error: TransferError,
  item: RangeState,
  invocation: Invocation,
): RangeFailure {
  const failure = failureOf(error, item, invocation, clock.now());
  const isRefused = error.name === 'RequestRejectedError';
  return { ...failure, disposition: isRefused ? 'retry' : failure.disposition };
}

/**
 * Reports proofs in as few calls as the service takes, and records what it counted; none where it
 * wants no reports.
 */
export async function reportInBatches(
  work: RetryScope & { readonly ports: ReportPorts },
  transferId: string,
  record: UsableSession,
  proofs: readonly ChunkProof[],
): Promise<void> {
  const most = work.ports.destination.traits.maxProofsPerReport;
  for (let at = 0; most > 0 && at < proofs.length; at += most) {
    await reportBatch(work, transferId, record, proofs.slice(at, at + most));
  }
}

async function reportBatch(
  work: RetryScope & { readonly ports: ReportPorts },
  transferId: string,
  { number, session }: UsableSession,
  proofs: readonly ChunkProof[],
): Promise<void> {
  const { destination, store } = work.ports;
  const { signal } = work.invocation;
  const report = () => destination.reportProofs(session, proofs, { signal });
  const receipt = await retryWithBackoff(work, report);
  // Where the reply counts fewer chunks than were reported, it does not say which.
  const isWhole = receipt.accepted + receipt.duplicates >= proofs.length;
  const accepted = isWhole ? proofs.map(({ index }) => index) : [];
  await store.recordReceipt(transferId, number, { accepted, complete: receipt.complete });
}

/** A sender that died leaves only what Lambda said of it. */
async function recordSenderFailure(
  { store, clock }: ReportPorts,
  item: RangeState,
  { Error: name, Cause }: { readonly Error: string; readonly Cause: string },
  invocation: Invocation,
): Promise<void> {
  const known = isErrorName(name) ? name : 'ServiceUnavailableError';
  const error = new TransferError(known, `${name}: ${messageOf(Cause)}`);
  await store.recordRangeFailure(keyOf(item), failureOf(error, item, invocation, clock.now()));
}

function keyOf({ transferId, sessionNumber, range }: RangeState) {
  return { transferId, sessionNumber, n: range.n };
}
