import type {
  CallOptions,
  ListedSession,
  UnfinishedSessions,
} from '#src/core/transfer/destination.ts';
import type { ApiClient, Operation } from '#src/service-api/api-client.ts';
import { maxListPages, maxPageLength } from './limits.ts';
import { incompleteReply, readReply } from './wire.ts';

const operation: Operation = { name: 'listing unfinished uploads', onSession: false };

/**
 * Lists the account's unfinished sessions, at most `maxListPages` pages. The service's list has neither
 * the file nor the asset of a session.
 */
export async function listIncomplete(
  client: ApiClient,
  { signal }: CallOptions,
): Promise<UnfinishedSessions> {
  const sessions = new Map<string, ListedSession>();
  for (let page = 1; page <= maxListPages; page++) {
    const path = `/assets/multipart-uploads?page=${page}&page_limit=${maxPageLength}`;
    const reply = await client.ask({ operation, method: 'GET', path, signal });
    const { data, page_info: pages } = readReply(incompleteReply, reply, operation.name);
    for (const item of data) {
      sessions.set(item.upload_id, {
        uploadId: item.upload_id,
        sizeBytes: item.total_size,
        createdAt: item.created_at,
        expiresAt: item.expires_at,
      });
    }
    const isLast = data.length === 0 || page >= (pages ?? Number.POSITIVE_INFINITY);
    if (isLast) return { sessions: [...sessions.values()], truncated: false };
  }
  return { sessions: [...sessions.values()], truncated: true };
}
