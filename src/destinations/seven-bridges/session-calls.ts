import { errorMeans } from '#src/core/errors/error-meanings.ts';
import type { HttpReply } from '#src/core/ports/transport.ts';
import type {
  AssetStatus,
  CallOptions,
  ChunkState,
  ChunkStatePage,
  ListedSession,
  SessionStatus,
  UnfinishedSessions,
  UploadSession,
} from '#src/core/transfer/destination.ts';
import type { ApiClient, Operation } from '#src/service-api/api-client.ts';
import { describeServiceError, readServiceError } from '#src/service-api/error-body.ts';
import { isSuccess } from '#src/service-api/replies.ts';
import { isUnknownId } from './error-replies.ts';
import { findFile } from './find-file.ts';
import { maxDetailsBytes, maxListPages, maxPageLength } from './limits.ts';
import { sessionPath } from './paths.ts';
import { readReply, uploadReply, uploadsReply } from './wire.ts';

const asking: Operation = {
  name: "asking for an upload's details",
  onSession: true,
  maxReplyBytes: maxDetailsBytes,
};
const askingFile: Operation = { name: 'asking for a file', onSession: false };
const listing: Operation = { name: 'listing unfinished uploads', onSession: false };

type Headers = Readonly<Record<string, string>>;

/**
 * Returns the reported parts of an upload, with the headers of each report.
 * @throws SessionExpiredError - the service does not know the upload
 */
export async function reportedParts(
  client: ApiClient,
  session: UploadSession,
  { signal }: CallOptions,
): Promise<ReadonlyMap<number, Headers>> {
  const path = `${sessionPath(session)}?list_parts=true`;
  const reply = await client.ask({ operation: asking, method: 'GET', path, signal });
  const { parts } = readReply(uploadReply, reply, asking.name);
  return new Map(
    parts.map(({ part_number: number, response }) => [number, response?.headers ?? {}]),
  );
}

/**
 * Returns the state of an upload. An upload that the service does not know is `completed` if its file
 * exists, else `expired`.
 */
export async function sessionStatus(
  client: ApiClient,
  session: UploadSession,
  options: CallOptions,
): Promise<SessionStatus> {
  const path = sessionPath(session);
  try {
    const reply = await client.ask({ operation: asking, method: 'GET', path, ...options });
    const { uploaded_parts_count: count } = readReply(uploadReply, reply, asking.name);
    return { phase: 'active', counts: countsOf(count, session.totalChunks) };
  } catch (error) {
    if (!errorMeans(error, 'sessionLost')) throw error;
    const file = await findFile(client, session, options);
    return { phase: file === undefined ? 'expired' : 'completed', reason: error.message };
  }
}

function countsOf(
  count: number | 'unreadable' | undefined,
  total: number,
): SessionStatus['counts'] {
  if (typeof count !== 'number') return undefined;
  return { completed: count, pending: Math.max(0, total - count), failed: 0 };
}

/** Returns the reported parts as completed, all on one page. */
export async function chunkStates(
  client: ApiClient,
  session: UploadSession,
  options: CallOptions,
): Promise<ChunkStatePage> {
  const parts = await reportedParts(client, session, options);
  const states = [...parts.keys()].map((index): [number, ChunkState] => [index, 'completed']);
  return { states: new Map(states) };
}

/** Returns the status of a file: `ready` as soon as it exists. */
export async function assetStatus(
  client: ApiClient,
  fileId: string,
  { signal }: CallOptions,
): Promise<AssetStatus> {
  const path = `/files/${encodeURIComponent(fileId)}`;
  const reply = await client.exchange({ operation: askingFile, method: 'GET', path, signal });
  if (isSuccess(reply)) return { phase: 'ready' };
  if (isUnknownId(reply)) return { phase: 'missing', reason: reasonOf(reply) };
  throw client.rejectionError(reply, askingFile);
}

function reasonOf({ status, text }: HttpReply): string {
  return describeServiceError(status, readServiceError(text));
}

/** Lists the unfinished uploads of the token's user. The list has no sizes and no expiry. */
export async function listUnfinished(
  client: ApiClient,
  { signal }: CallOptions,
): Promise<UnfinishedSessions> {
  const sessions = new Map<string, ListedSession>();
  for (let page = 0; page < maxListPages; page++) {
    const path = `/upload/multipart?offset=${page * maxPageLength}&limit=${maxPageLength}`;
    const reply = await client.ask({ operation: listing, method: 'GET', path, signal });
    const { items } = readReply(uploadsReply, reply, listing.name);
    for (const { upload_id: uploadId, initiated: createdAt } of items)
      sessions.set(uploadId, { uploadId, createdAt });
    if (items.length < maxPageLength) return { sessions: [...sessions.values()], truncated: false };
  }
  return { sessions: [...sessions.values()], truncated: true };
}
