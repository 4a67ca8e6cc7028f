import type { SimulatorContext } from '../storage/context.ts';
import type { Chunk, Session } from '../storage/session-store.ts';
import { ApiRejection } from '../wire/replies.ts';
import type { ReportedChunk } from '../wire/requests.ts';

/** Returns the fault for a reported chunk: it stays pending (`drop-report`) or fails with a text. */
export type ChunkFault = (
  chunkIndex: number,
) => 'drop-report' | { readonly error: string } | undefined;

/** The reply to a report, in the service's format. */
export interface Receipt {
  readonly url?: string;
  readonly asset_id: string;
  readonly processed_chunks: number;
  readonly duplicate_chunks: number;
  readonly total_completed: number;
}

/** Verifies that a session accepts reports and requests for URLs. @throws ApiRejection - 400, or 404 by a switch */
export function assertOpen(context: SimulatorContext, session: Session): void {
  if (context.sessions.isOpen(session)) return;
  const state = context.sessions.state(session);
  if (state === 'expired' && context.switches.expiredSession === 'not-found') throw unknownUpload();
  const shown = state === 'active' ? 'completed' : state;
  throw new ApiRejection(400, 'parameter_invalid', `The upload session is ${shown}.`);
}

export function unknownUpload(): ApiRejection {
  return new ApiRejection(404, 'resource_not_exist', 'The upload does not exist.');
}

function chunkOf(session: Session, { chunk_index: index }: ReportedChunk): Chunk {
  const chunk = session.chunks[index - 1];
  if (chunk) return chunk;
  const text = `The parameter chunk_index is invalid: ${index} of ${session.chunks.length}.`;
  throw new ApiRejection(400, 'parameter_invalid', text);
}

/** Returns what is wrong with a report, if anything. Quotes around an ETag are optional. */
function flawOf(chunk: Chunk, report: ReportedChunk): string | undefined {
  if (!chunk.stored) return 'it has not been uploaded';
  if (report.proof.replace(/^"(.*)"$/, '$1') !== chunk.stored.etag) return 'its proof is wrong';
  const isSize =
    report.chunk_size === chunk.sizeBytes && report.chunk_size === chunk.stored.sizeBytes;
  return isSize ? undefined : `its size is not ${chunk.sizeBytes} bytes`;
}

interface CheckedReport {
  readonly chunk: Chunk;
  readonly isDuplicate: boolean;
  readonly flaw: string | undefined;
}

/** Checks all reports. A completed or repeated chunk is a duplicate, and its proof is not checked. */
function checkReports(session: Session, reports: readonly ReportedChunk[]): CheckedReport[] {
  const seen = new Set<Chunk>();
  return reports.map((report) => {
    const chunk = chunkOf(session, report);
    const isDuplicate = chunk.state === 'completed' || seen.has(chunk);
    seen.add(chunk);
    return { chunk, isDuplicate, flaw: isDuplicate ? undefined : flawOf(chunk, report) };
  });
}

function accept(
  context: SimulatorContext,
  session: Session,
  { chunk, flaw }: CheckedReport,
  fault: ChunkFault,
): void {
  const applied = fault(chunk.index);
  if (applied === 'drop-report') return;
  const error = flaw === undefined ? applied?.error : `Chunk ${chunk.index}: ${flaw}.`;
  if (error !== undefined) {
    context.sessions.failChunk(session, chunk.index, error);
    return;
  }
  chunk.state = 'completed';
  chunk.error = undefined;
  chunk.reportedAt = context.clock.now();
  chunk.reportedEtag = chunk.stored?.etag;
  context.sessions.touch(session, chunk);
}

function completedCount(session: Session): number {
  return session.chunks.filter((chunk) => chunk.state === 'completed').length;
}

/** Completes the upload if all chunks are reported. Fails a chunk that was overwritten after its report. */
function tryToComplete(context: SimulatorContext, session: Session): boolean {
  if (completedCount(session) < session.chunks.length) return false;
  for (const chunk of session.chunks) {
    if (chunk.stored?.etag === chunk.reportedEtag) continue;
    const text = `Chunk ${chunk.index}: it was uploaded again after it was reported.`;
    context.sessions.failChunk(session, chunk.index, text);
  }
  if (completedCount(session) < session.chunks.length) return false;
  context.sessions.complete(session);
  return true;
}

/**
 * Accepts a report of up to 50 chunks. By default, one wrong chunk rejects the whole report.
 * @throws ApiRejection - 400, or 404 for an expired session by a switch
 */
export function acceptReport(
  context: SimulatorContext,
  session: Session,
  reports: readonly ReportedChunk[],
  fault: ChunkFault,
): Receipt {
  const onlyCounts =
    session.completesAt !== undefined && context.switches.reportAfterCompletion !== 'reject';
  if (!onlyCounts) assertOpen(context, session);
  const checked = checkReports(session, reports);
  const flawed = checked.find(({ flaw }) => flaw !== undefined);
  if (flawed && context.switches.badReport === 'reject') {
    const text = `Chunk ${flawed.chunk.index} can't be accepted: ${flawed.flaw}.`;
    throw new ApiRejection(400, 'parameter_invalid', text);
  }
  const fresh = checked.filter(({ isDuplicate }) => !isDuplicate);
  for (const report of fresh) accept(context, session, report, fault);
  const isComplete = !onlyCounts && tryToComplete(context, session);
  return {
    ...(isComplete && { url: `${context.urls.origin}/assets/${session.asset.assetId}/original` }),
    asset_id: session.asset.assetId,
    processed_chunks: fresh.length,
    duplicate_chunks: checked.length - fresh.length,
    total_completed: completedCount(session),
  };
}
