import { isVisible, matchingAssets, renderAsset } from './assets.ts';
import type { Operation } from './call-log.ts';
import type { Parts } from './parts.ts';
import type { PresignedUrl } from './presigned-urls.ts';
import { ApiRefusal, emptyReply, jsonReply, type Reply, timestamp } from './replies.ts';
import { assertOpen, type Mishap, takeReport, unknownUpload } from './reports.ts';
import { type PageRequest, parseCreate, parsePage, parsePresign, parseReport } from './requests.ts';
import type { Chunk, Session } from './sessions.ts';

/** A request of the API, taken apart. */
export interface ApiCall {
  readonly uploadId: string;
  readonly assetId: string;
  readonly query: URLSearchParams;
  /** Parsed JSON; undefined where there was none or it can't be parsed. */
  readonly body: unknown;
  readonly fault: Mishap;
}

type Handler = (parts: Parts, call: ApiCall) => Reply;

function pageInfo({ page, limit }: PageRequest, total: number): Record<string, number> {
  return {
    limit_per_page: limit,
    page,
    total_page: Math.ceil(total / limit),
    total_results: total,
  };
}

/** Out of range is an empty page, not an error: the official SDK always asks one too many. */
function pageOf<Item>(items: readonly Item[], { page, limit }: PageRequest): Item[] {
  return items.slice((page - 1) * limit, page * limit);
}

function isForgotten({ switches }: Parts, { completesAt }: Session): boolean {
  return completesAt !== undefined && switches.completedSession === 'not-found';
}

function knownUpload(parts: Parts, call: ApiCall): Session {
  const session = parts.sessions.find(call.uploadId);
  if (!session || isForgotten(parts, session)) throw unknownUpload();
  return session;
}

function knownAsset(parts: Parts, call: ApiCall): Session {
  const session = parts.sessions.reserving(call.assetId);
  if (session && isVisible(parts, session)) return session;
  throw new ApiRefusal(404, 'resource_not_exist', 'The asset does not exist.');
}

function renderUrl({ chunkIndex, url, expiresAt }: PresignedUrl): Record<string, unknown> {
  return { chunk_index: chunkIndex, url, expires_at: timestamp(expiresAt) };
}

function create(parts: Parts, call: ApiCall): Reply {
  const session = parts.sessions.create(parseCreate(call.body));
  const first = session.chunks.slice(0, parts.switches.initialUrls);
  return jsonReply(201, {
    upload_id: session.uploadId,
    asset_id: session.asset.assetId,
    upload_urls: first.map(({ index }) => renderUrl(parts.urls.issueUrl(session, index))),
    upload_headers: session.uploadHeaders,
    chunk_size: session.chunkSize,
    total_chunks: session.chunks.length,
    expires_at: timestamp(session.expiresAt),
  });
}

function list(parts: Parts, call: ApiCall): Reply {
  const page = parsePage(call.query);
  const listed = parts.sessions
    .all()
    .filter((session) => !session.forgotten)
    .filter((session) => parts.switches.listedStates.includes(parts.sessions.state(session)));
  if (parts.switches.listOrder === 'newest-first') listed.reverse();
  const data = pageOf(listed, page).map((session) => ({
    upload_id: session.uploadId,
    status: parts.sessions.state(session),
    total_size: session.totalSize,
    chunk_size: session.chunkSize,
    total_chunks: session.chunks.length,
    created_at: timestamp(session.createdAt),
    expires_at: timestamp(session.expiresAt),
  }));
  return jsonReply(200, { data, page_info: pageInfo(page, listed.length) });
}

function renderChunk(chunk: Chunk): Record<string, unknown> {
  const reportedAt = chunk.state === 'completed' ? chunk.reportedAt : undefined;
  return {
    index: chunk.index,
    status: chunk.state,
    uploaded_at: reportedAt === undefined ? null : timestamp(reportedAt),
    updated_at: timestamp(chunk.updatedAt),
    ...(chunk.state === 'failed' && { error: chunk.error }),
  };
}

function status(parts: Parts, call: ApiCall): Reply {
  const session = knownUpload(parts, call);
  const page = parsePage(call.query);
  const { chunks } = session;
  const completed = chunks.filter((chunk) => chunk.state === 'completed');
  const failed = chunks.filter((chunk) => chunk.state === 'failed').length;
  return jsonReply(200, {
    upload_id: session.uploadId,
    status: parts.sessions.state(session),
    uploaded_chunks: pageOf(chunks, page).map(renderChunk),
    chunks_completed: completed.length,
    chunks_failed: failed,
    chunks_pending: chunks.length - completed.length - failed,
    page_info: pageInfo(page, chunks.length),
    total_size: session.totalSize,
    uploaded_size: completed.reduce((sum, chunk) => sum + chunk.sizeBytes, 0),
    created_at: timestamp(session.createdAt),
    updated_at: timestamp(session.updatedAt),
  });
}

function report(parts: Parts, call: ApiCall): Reply {
  const session = knownUpload(parts, call);
  return jsonReply(200, takeReport(parts, session, parseReport(call.body), call.fault));
}

function presign(parts: Parts, call: ApiCall): Reply {
  const session = knownUpload(parts, call);
  const { start, count } = parsePresign(call.body);
  assertOpen(parts, session);
  const wanted = session.chunks.slice(start - 1, start - 1 + count);
  if (wanted.length < count && parts.switches.countPastEnd === 'refuse') {
    const text = `The parameter count is invalid: there are only ${session.chunks.length} chunks.`;
    throw new ApiRefusal(400, 'parameter_invalid', text);
  }
  const rule = parts.switches.completedChunkUrls;
  const completed = wanted.find((chunk) => chunk.state === 'completed');
  if (completed && rule === 'refuse') {
    const text = `Chunk ${completed.index} is completed.`;
    throw new ApiRefusal(400, 'parameter_invalid', text);
  }
  const open = wanted.filter((chunk) => rule !== 'skip' || chunk.state !== 'completed');
  return jsonReply(200, {
    upload_id: session.uploadId,
    start_index: start,
    count: open.length,
    upload_urls: open.map(({ index }) => renderUrl(parts.urls.issueUrl(session, index))),
    generated_at: timestamp(parts.clock.now()),
    expires_at: timestamp(session.expiresAt),
  });
}

function asset(parts: Parts, call: ApiCall): Reply {
  return jsonReply(200, renderAsset(parts, knownAsset(parts, call)));
}

function assets(parts: Parts, call: ApiCall): Reply {
  const page = parsePage(call.query);
  const matching = matchingAssets(parts, call.query);
  const data = pageOf(matching, page).map((session) => renderAsset(parts, session));
  return jsonReply(200, { data, page_info: pageInfo(page, matching.length) });
}

/** 204 by the older of two specifications, 200 by the newer; the SDK reads neither's body. */
function deleteAsset(parts: Parts, call: ApiCall): Reply {
  knownAsset(parts, call).asset.deleted = true;
  return emptyReply();
}

function other(): Reply {
  throw new ApiRefusal(404, 'resource_not_exist', 'The endpoint does not exist.');
}

/** What the API does for each operation. @throws ApiRefusal - an error reply */
export const apiOperations: Readonly<Record<Exclude<Operation, 'put'>, Handler>> = {
  create,
  list,
  status,
  report,
  presign,
  asset,
  assets,
  'delete-asset': deleteAsset,
  other,
};

export type ApiOperation = keyof typeof apiOperations;

const uploads = '/v1.3/assets/multipart-uploads';

const routes: readonly (readonly [string, RegExp, ApiOperation])[] = [
  ['POST', new RegExp(`^${uploads}$`), 'create'],
  ['GET', new RegExp(`^${uploads}$`), 'list'],
  ['GET', new RegExp(`^${uploads}/(?<uploadId>[^/]+)$`), 'status'],
  ['POST', new RegExp(`^${uploads}/(?<uploadId>[^/]+)$`), 'report'],
  ['POST', new RegExp(`^${uploads}/(?<uploadId>[^/]+)/presigned-urls$`), 'presign'],
  ['GET', /^\/v1\.3\/assets$/, 'assets'],
  ['GET', /^\/v1\.3\/assets\/(?<assetId>[^/]+)$/, 'asset'],
  ['DELETE', /^\/v1\.3\/assets\/(?<assetId>[^/]+)$/, 'delete-asset'],
];

/** Which operation a request line asks for, and the ids in its path. */
export function findOperation(
  method: string,
  path: string,
): { operation: ApiOperation; uploadId?: string; assetId?: string } {
  for (const [routeMethod, pattern, operation] of routes) {
    const match = routeMethod === method ? pattern.exec(path) : null;
    if (match) return { operation, ...match.groups };
  }
  return { operation: 'other' };
}
