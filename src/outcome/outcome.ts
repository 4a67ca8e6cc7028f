import {
  addCounts,
  type RetryCounts,
  type TransferRecord,
} from '#src/core/transfer/transfer-row.ts';
import type { Invocation, Needs } from '#src/step-support/step.ts';

/** An outcome, as the execution's output, the transfer's row and the event contain it. */
export type Outcome = Readonly<Record<string, unknown>>;

/** Returns whether an output names an asset that can be used. @param status - of the output */
export function hasAsset(status: unknown): boolean {
  return status === 'ready' || status === 'already-ingested';
}

/** Counts a transfer, or a start, that ended with an error. */
export function countFailure({ meter }: Pick<Needs, 'meter'>, error: string | undefined): void {
  meter.add('TransfersFailed', 1);
  meter.add('FailuresByError', 1, error);
}

/**
 * Returns the complete outcome of a transfer that ended.
 * @param outcome - the status, and the reason if there is one
 */
export async function describeOutcome(
  ports: Needs<'store'>,
  transfer: TransferRecord,
  { executionStartedAt }: Pick<Invocation, 'executionStartedAt'>,
  outcome: Outcome,
): Promise<Outcome> {
  const { transferId, owner, assetId, source, ingestNumber, bytesCompleteAt, checksumSkipped } =
    transfer;
  const { algorithm } = source.checksum ?? {};
  const secondsSince = (at: number) => Math.round(at - executionStartedAt) / 1000;
  return {
    ...outcome,
    transferId,
    execution: owner,
    assetId,
    bucket: source.bucket,
    key: source.key,
    versionId: source.versionId,
    etag: source.etag,
    ingestNumber,
    bytes: source.sizeBytes,
    chunks: transfer.totalChunks,
    secondsToBytesComplete: bytesCompleteAt && secondsSince(bytesCompleteAt),
    secondsToReady: outcome.status === 'ready' ? secondsSince(ports.clock.now()) : undefined,
    checksum: checksumSkipped ? 'none' : (algorithm ?? 'none'),
    etags: (await isOpaque(ports, transfer)) ? 'opaque' : undefined,
    checksumNotCompared: checksumSkipped ? `FULL_OBJECT ${algorithm}` : source.otherChecksum,
    retries: await sumRetries(ports, transfer),
  };
}

/** Returns whether nothing shows that every chunk arrived unchanged: one proof is no MD5, or the session's ETags are opaque. */
async function isOpaque(
  { store }: Needs<'store'>,
  { transferId, sessionNumber, arrivalUnproven }: TransferRecord,
): Promise<boolean> {
  return arrivalUnproven || (await store.session(transferId, sessionNumber))?.etagMode === 'opaque';
}

/** Returns the retries of the transfer and of the ranges of all its sessions. */
async function sumRetries(
  { store }: Needs<'store'>,
  { transferId, retries }: TransferRecord,
): Promise<RetryCounts> {
  const sessions = await store.sessions(transferId);
  const ranges = await Promise.all(sessions.map(({ number }) => store.ranges(transferId, number)));
  return ranges.flat().reduce((sum, range) => addCounts(sum, range.retries), retries);
}

/** How the execution ends: the output of the Succeed state, or the error and cause of the Fail state. */
export type RecordOutcomeResult =
  | { readonly next: 'succeed'; readonly output: Outcome }
  | {
      readonly next: 'fail';
      readonly output: Outcome;
      readonly error: string;
      readonly cause: string;
    };
