import type { Parts } from './parts.ts';
import { ApiRefusal } from './replies.ts';
import type { ReportedChunk } from './requests.ts';
import type { Chunk, Session } from './sessions.ts';

/**
 * What a scripted fault makes of a chunk that a report would complete: it stays pending (`unheard`),
 * or fails with a text.
 */
export type Mishap = (chunkIndex: number) => 'unheard' | { readonly error: string } | undefined;

/** What a report came to, in the service's words. */
export interface Receipt {
  readonly url?: string;
  readonly asset_id: string;
  readonly processed_chunks: number;
  readonly duplicate_chunks: number;
  readonly total_completed: number;
}

/** Why a session no longer takes reports or gives URLs. @throws ApiRefusal - 400, or 404 by a switch */
export function assertOpen(parts: Parts, session: Session): void {
  if (parts.sessions.isOpen(session)) return;
  const state = parts.sessions.state(session);
  if (state === 'expired' && parts.switches.expiredSession === 'not-found') throw unknownUpload();
  const said = state === 'active' ? 'completed' : state;
  throw new ApiRefusal(400, 'parameter_invalid', `The upload session is ${said}.`);
}

export function unknownUpload(): ApiRefusal {
  return new ApiRefusal(404, 'resource_not_exist', 'The upload does not exist.');
}

function chunkOf(session: Session, { chunk_index: index }: ReportedChunk): Chunk {
  const chunk = session.chunks[index - 1];
  if (chunk) return chunk;
  const text = `The parameter chunk_index is invalid: ${index} of ${session.chunks.length}.`;
  throw new ApiRefusal(400, 'parameter_invalid', text);
}

/** What is wrong with a proof that is not a duplicate's; quotes around an ETag are as good as none. */
function flawOf(chunk: Chunk, report: ReportedChunk): string | undefined {
  if (!chunk.stored) return 'it has not been uploaded';
  if (report.proof.replace(/^"(.*)"$/, '$1') !== chunk.stored.etag) return 'its proof is wrong';
  const isSize =
    report.chunk_size === chunk.sizeBytes && report.chunk_size === chunk.stored.sizeBytes;
  return isSize ? undefined : `its size is not ${chunk.sizeBytes} bytes`;
}

interface Judged {
  readonly chunk: Chunk;
  readonly isDuplicate: boolean;
  readonly flaw: string | undefined;
}

/** A chunk that is completed, or comes a second time in one report, is a duplicate whatever it says. */
function judge(session: Session, reports: readonly ReportedChunk[]): Judged[] {
  const seen = new Set<Chunk>();
  return reports.map((report) => {
    const chunk = chunkOf(session, report);
    const isDuplicate = chunk.state === 'completed' || seen.has(chunk);
    seen.add(chunk);
    return { chunk, isDuplicate, flaw: isDuplicate ? undefined : flawOf(chunk, report) };
  });
}

function accept(parts: Parts, session: Session, { chunk, flaw }: Judged, fault: Mishap): void {
  const applied = fault(chunk.index);
  if (applied === 'unheard') return;
  const error = flaw === undefined ? applied?.error : `Chunk ${chunk.index}: ${flaw}.`;
  if (error !== undefined) {
    parts.sessions.failChunk(session, chunk.index, error);
    return;
  }
  chunk.state = 'completed';
  chunk.error = undefined;
  chunk.reportedAt = parts.clock.now();
  chunk.reportedEtag = chunk.stored?.etag;
  parts.sessions.touch(session, chunk);
}

function completedCount(session: Session): number {
  return session.chunks.filter((chunk) => chunk.state === 'completed').length;
}

/** Puts the chunks together as storage would: all there, and each still the one that was reported. */
function tryToComplete(parts: Parts, session: Session): boolean {
  if (completedCount(session) < session.chunks.length) return false;
  for (const chunk of session.chunks) {
    if (chunk.stored?.etag === chunk.reportedEtag) continue;
    const text = `Chunk ${chunk.index}: it was uploaded again after it was reported.`;
    parts.sessions.failChunk(session, chunk.index, text);
  }
  if (completedCount(session) < session.chunks.length) return false;
  parts.sessions.complete(session);
  return true;
}

/**
 * Takes a report of up to 50 chunks, all of it or, where one is wrong and the switch says so, none.
 * @throws ApiRefusal - 400, or 404 for an expired session by a switch
 */
export function takeReport(
  parts: Parts,
  session: Session,
  reports: readonly ReportedChunk[],
  fault: Mishap,
): Receipt {
  const onlyCounts =
    session.completesAt !== undefined && parts.switches.reportAfterCompletion !== 'refuse';
  if (!onlyCounts) assertOpen(parts, session);
  const judged = judge(session, reports);
  const flawed = judged.find(({ flaw }) => flaw !== undefined);
  if (flawed && parts.switches.badReport === 'refuse') {
    const text = `Chunk ${flawed.chunk.index} can't be accepted: ${flawed.flaw}.`;
    throw new ApiRefusal(400, 'parameter_invalid', text);
  }
  const fresh = judged.filter(({ isDuplicate }) => !isDuplicate);
  for (const one of fresh) accept(parts, session, one, fault);
  const isComplete = !onlyCounts && tryToComplete(parts, session);
  return {
    ...(isComplete && { url: `${parts.urls.origin}/assets/${session.asset.assetId}/original` }),
    asset_id: session.asset.assetId,
    processed_chunks: fresh.length,
    duplicate_chunks: judged.length - fresh.length,
    total_completed: completedCount(session),
  };
}
