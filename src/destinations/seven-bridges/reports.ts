import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { ChunkProof } from '#src/core/transfer/chunk-proof.ts';
import type { CallOptions, ReportReceipt, UploadSession } from '#src/core/transfer/destination.ts';
import type { ApiClient, Operation } from '#src/service-api/api-client.ts';
import { changeReplyMs, maxProofsPerReport } from './limits.ts';
import { sessionPath } from './paths.ts';
import { partReport } from './proofs.ts';

const operation: Operation = { name: 'reporting parts', onSession: true, replyMs: changeReplyMs };

/** The parts that this process has reported. The service's reply has no counts. */
export interface ReportedParts {
  /** Adds parts and returns how many of them were reported before. */
  add(uploadId: string, indexes: readonly number[]): number;
}

/** The most uploads whose parts are remembered; the oldest are dropped first. */
const maxUploads = 100;

export function createReportedParts(): ReportedParts {
  const uploads = new Map<string, Set<number>>();
  return {
    add: (uploadId, indexes) => {
      const known = uploads.get(uploadId) ?? new Set();
      const repeated = indexes.filter((index) => known.has(index)).length;
      for (const index of indexes) known.add(index);
      uploads.delete(uploadId);
      uploads.set(uploadId, known);
      for (const oldest of uploads.keys()) if (uploads.size > maxUploads) uploads.delete(oldest);
      return repeated;
    },
  };
}

/**
 * Reports parts: one by its own call, several by one call. A repeated report is harmless. A reply of
 * 200–299 accepts them all; its body is undocumented and ignored.
 * @throws InvalidInputError - no proofs, or more than one report may hold
 */
export async function reportParts(
  client: ApiClient,
  reported: ReportedParts,
  session: UploadSession,
  proofs: readonly ChunkProof[],
  { signal }: CallOptions,
): Promise<ReportReceipt> {
  if (proofs.length < 1 || proofs.length > maxProofsPerReport) {
    throw new TransferError(
      'InvalidInputError',
      `Invalid report of ${proofs.length} proofs: must hold 1 to ${maxProofsPerReport}.`,
    );
  }
  const [path, body] = requestOf(session, proofs.map(partReport));
  await client.ask({ operation, method: 'POST', path, body, signal });
  const indexes = proofs.map(({ index }) => index);
  const duplicates = reported.add(session.uploadId, indexes);
  return { accepted: proofs.length - duplicates, duplicates, complete: false };
}

function requestOf(session: UploadSession, parts: readonly unknown[]): [string, unknown] {
  const path = sessionPath(session);
  return parts.length === 1 ? [`${path}/part`, parts[0]] : [path, { parts }];
}
