import type { CallOptions } from '#src/core/destination.ts';
import type { ApiClient } from './api-client.ts';
import type { Operation } from './errors.ts';
import { maxListPages, maxPageLength } from './limits.ts';
import { incompleteReply, readReply } from './wire.ts';

/** An unfinished session as the service lists it: it names neither file nor asset. */
export interface IncompleteSession {
  readonly uploadId: string;
  /** The service's own word. */
  readonly status: string;
  readonly sizeBytes: number;
  readonly chunkSizeBytes: number;
  readonly totalChunks: number;
  /** Milliseconds since 1970, as all times here. */
  readonly createdAt?: number | undefined;
  readonly expiresAt?: number | undefined;
}

/** The account's unfinished sessions. */
export interface IncompleteSessions {
  readonly sessions: readonly IncompleteSession[];
  /** Whether there may be more than were read. */
  readonly truncated: boolean;
}

const operation: Operation = { name: 'listing unfinished uploads', onSession: false };

/** Lists the account's unfinished sessions, at most `maxListPages` pages of them. */
export async function listIncomplete(
  client: ApiClient,
  { signal }: CallOptions,
): Promise<IncompleteSessions> {
  const sessions = new Map<string, IncompleteSession>();
  for (let page = 1; page <= maxListPages; page++) {
    const path = `/assets/multipart-uploads?page=${page}&page_limit=${maxPageLength}`;
    const reply = await client.ask({ operation, method: 'GET', path, signal });
    const { data, page_info } = readReply(incompleteReply, reply, operation.name);
    for (const item of data) {
      sessions.set(item.upload_id, {
        uploadId: item.upload_id,
        status: item.status,
        sizeBytes: item.total_size,
        chunkSizeBytes: item.chunk_size,
        totalChunks: item.total_chunks,
        createdAt: item.created_at,
        expiresAt: item.expires_at,
      });
    }
    const isLast = data.length === 0 || page >= (page_info.total_page ?? Number.POSITIVE_INFINITY);
    if (isLast) return { sessions: [...sessions.values()], truncated: false };
  }
  return { sessions: [...sessions.values()], truncated: true };
}
