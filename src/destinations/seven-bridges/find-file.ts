import type { CallOptions, UploadSession } from '#src/core/transfer/destination.ts';
import type { ApiClient, Operation } from '#src/service-api/api-client.ts';
import { isSuccess } from '#src/service-api/replies.ts';
import { isUnknownId } from './error-replies.ts';
import { listingPath, type Place } from './paths.ts';
import { fileReply, filesReply, readReply } from './wire.ts';

const operation: Operation = { name: 'looking for the file of an upload', onSession: false };

/** How much older than its upload a file may seem. Both times come from the service; one has whole seconds. */
const toleranceMs = 2_000;

/**
 * Returns the id of the file that an upload has become, if the service no longer knows the upload: the file
 * in its place with its name and size, created since the upload began. The reply to `complete` may have been
 * lost.
 */
export async function findFile(
  client: ApiClient,
  { details }: UploadSession,
  options: CallOptions,
): Promise<string | undefined> {
  const { name = '', sizeBytes, openedAt } = details;
  const path = listingPath(placeOf(details), name);
  const reply = await client.exchange({ operation, method: 'GET', path, ...options });
  if (isUnknownId(reply)) return undefined;
  if (!isSuccess(reply)) throw client.rejectionError(reply, operation);
  const { items } = readReply(filesReply, reply, operation.name);
  const named = items.find((item) => item.name === name && item.type?.toLowerCase() !== 'folder');
  if (!named) return undefined;
  const file = await readFile(client, named.id, options);
  const isSame = file && String(file.size) === sizeBytes;
  return isSame && isSince(file.created_on, Number(openedAt)) ? named.id : undefined;
}

function placeOf({ project, parent = '' }: UploadSession['details']): Place {
  return project === undefined ? { parent } : { project };
}

function isSince(createdAt: number | undefined, openedAt: number): boolean {
  return createdAt !== undefined && createdAt >= openedAt - toleranceMs;
}

async function readFile(client: ApiClient, id: string, options: CallOptions) {
  const path = `/files/${encodeURIComponent(id)}`;
  const reply = await client.exchange({ operation, method: 'GET', path, ...options });
  if (isUnknownId(reply)) return undefined;
  if (!isSuccess(reply)) throw client.rejectionError(reply, operation);
  return readReply(fileReply, reply, operation.name);
}
