import { addCounts, type RetryCounts, type TransferRecord } from '#src/core/transfer/transfer.ts';
import type { Invocation, Needs } from './step.ts';

/** An outcome as the execution's output, the transfer's row and the event show it. */
export type Outcome = Readonly<Record<string, unknown>>;

/** What names a transfer in a log line: its object, its id and the execution that owns it. */
export function transferLogFields({ transferId, source, owner }: TransferRecord) {
  return { bucket: source.bucket, key: source.key, transferId, execution: owner };
}

/**
 * Everything that is told of a transfer at its end.
 * @param outcome - how it ended: its status, and why where there is a why
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
    retries: await allRetries(ports, transfer),
  };
}

/** Whether nothing but length and TLS says that a chunk arrived as it was read. */
async function isOpaque(
  { store }: Needs<'store'>,
  { transferId, sessionNumber }: TransferRecord,
): Promise<boolean> {
  return (await store.session(transferId, sessionNumber))?.etagMode === 'opaque';
}

/** Counts of the transfer, and of the ranges of all its sessions. */
async function allRetries(
  { store }: Needs<'store'>,
  { transferId, retries }: TransferRecord,
): Promise<RetryCounts> {
  const sessions = await store.sessions(transferId);
  const ranges = await Promise.all(sessions.map(({ number }) => store.ranges(transferId, number)));
  return ranges.flat().reduce((sum, range) => addCounts(sum, range.retries), retries);
}
