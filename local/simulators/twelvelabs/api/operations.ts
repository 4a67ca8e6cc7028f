import { isVisible, matchingAssets, renderAsset } from '../storage/assets.ts';
import type { SimulatorContext } from '../storage/context.ts';
import type { Chunk, Session } from '../storage/session-store.ts';
import type { PresignedUrl } from '../storage/url-issuer.ts';
import type { Operation } from '../wire/call-log.ts';
import { ApiRejection, emptyReply, jsonReply, type Reply, timestamp } from '../wire/replies.ts';
import {
  type PageRequest,
  parseCreate,
  parsePage,
  parsePresign,
  parseReport,
} from '../wire/requests.ts';
import { acceptReport, assertOpen, type ChunkFault, unknownUpload } from './reports.ts';

/** A parsed request of the API. */
export interface ApiCall {
  readonly uploadId: string;
  readonly assetId: string;
  readonly query: URLSearchParams;
  /** Parsed JSON; undefined if the body is empty or invalid. */
  readonly body: unknown;
  readonly fault: ChunkFault;
}

type Handler = (context: SimulatorContext, call: ApiCall) => Reply;

function pageInfo({ page, limit }: PageRequest, total: number): Record<string, number> {
  return {
    limit_per_page: limit,
    page,
    total_page: Math.ceil(total / limit),
    total_results: total,
  };
}

/** Returns one page; an empty one beyond the end. The official SDK always requests one page too many. */
function pageOf<Item>(items: readonly Item[], { page, limit }: PageRequest): Item[] {
  return items.slice((page - 1) * limit, page * limit);
}

function isForgotten({ switches }: SimulatorContext, { completesAt }: Session): boolean {
  return completesAt !== undefined && switches.completedSession === 'not-found';
}

function knownUpload(context: SimulatorContext, call: ApiCall): Session {
  const session = context.sessions.find(call.uploadId);
  if (!session || isForgotten(context, session)) throw unknownUpload();
  return session;
}

function knownAsset(context: SimulatorContext, call: ApiCall): Session {
  const session = context.sessions.reserving(call.assetId);
  if (session && isVisible(context, session)) return session;
  throw new ApiRejection(404, 'resource_not_exist', 'The asset does not exist.');
}

function renderUrl({ chunkIndex, url, expiresAt }: PresignedUrl): Record<string, unknown> {
  return { chunk_index: chunkIndex, url, expires_at: timestamp(expiresAt) };
}

function create(context: SimulatorContext, call: ApiCall): Reply {
  const session = context.sessions.create(parseCreate(call.body));
  const first = session.chunks.slice(0, context.switches.initialUrls);
  return jsonReply(201, {
    upload_id: session.uploadId,
    asset_id: session.asset.assetId,
    upload_urls: first.map(({ index }) => renderUrl(context.urls.issueUrl(session, index))),
    upload_headers: session.uploadHeaders,
    chunk_size: session.chunkSize,
    total_chunks: session.chunks.length,
    expires_at: timestamp(session.expiresAt),
  });
}

function list(context: SimulatorContext, call: ApiCall): Reply {
  const page = parsePage(call.query);
  const listed = context.sessions
    .all()
    .filter((session) => !session.forgotten)
    .filter((session) => context.switches.listedStates.includes(context.sessions.state(session)));
  if (context.switches.listOrder === 'newest-first') listed.reverse();
  const data = pageOf(listed, page).map((session) => ({
    upload_id: session.uploadId,
    status: context.sessions.state(session),
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

function status(context: SimulatorContext, call: ApiCall): Reply {
  const session = knownUpload(context, call);
  const page = parsePage(call.query);
  const { chunks } = session;
  const completed = chunks.filter((chunk) => chunk.state === 'completed');
  const failed = chunks.filter((chunk) => chunk.state === 'failed').length;
  return jsonReply(200, {
    upload_id: session.uploadId,
    status: context.sessions.state(session),
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

function report(context: SimulatorContext, call: ApiCall): Reply {
  const session = knownUpload(context, call);
  return jsonReply(200, acceptReport(context, session, parseReport(call.body), call.fault));
}

function presign(context: SimulatorContext, call: ApiCall): Reply {
  const session = knownUpload(context, call);
  const { start, count } = parsePresign(call.body);
  assertOpen(context, session);
  const wanted = session.chunks.slice(start - 1, start - 1 + count);
  if (wanted.length < count && context.switches.countPastEnd === 'reject') {
    const text = `The parameter count is invalid: there are only ${session.chunks.length} chunks.`;
    throw new ApiRejection(400, 'parameter_invalid', text);
  }
  const rule = context.switches.completedChunkUrls;
  const completed = wanted.find((chunk) => chunk.state === 'completed');
  if (completed && rule === 'reject') {
    const text = `Chunk ${completed.index} is completed.`;
    throw new ApiRejection(400, 'parameter_invalid', text);
  }
  const open = wanted.filter((chunk) => rule !== 'skip' || chunk.state !== 'completed');
  return jsonReply(200, {
    upload_id: session.uploadId,
    start_index: start,
    count: open.length,
    upload_urls: open.map(({ index }) => renderUrl(context.urls.issueUrl(session, index))),
    generated_at: timestamp(context.clock.now()),
    expires_at: timestamp(session.expiresAt),
  });
}

function asset(context: SimulatorContext, call: ApiCall): Reply {
  return jsonReply(200, renderAsset(context, knownAsset(context, call)));
}

function assets(context: SimulatorContext, call: ApiCall): Reply {
  const page = parsePage(call.query);
  const matching = matchingAssets(context, call.query);
  const data = pageOf(matching, page).map((session) => renderAsset(context, session));
  return jsonReply(200, { data, page_info: pageInfo(page, matching.length) });
}

/** Answers 204, as the older specification does. The newer one has 200. The SDK ignores the body. */
function deleteAsset(context: SimulatorContext, call: ApiCall): Reply {
  knownAsset(context, call).asset.deleted = true;
  return emptyReply();
}

function other(): Reply {
  throw new ApiRejection(404, 'resource_not_exist', 'The endpoint does not exist.');
}

/** The API's operations. @throws ApiRejection - an error reply */
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

/** Returns the operation of a request line and the ids in its path. */
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
