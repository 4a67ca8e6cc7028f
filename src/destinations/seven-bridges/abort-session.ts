import type { CallOptions, UploadSession } from '#src/core/transfer/destination.ts';
import type { ApiClient, Operation } from '#src/service-api/api-client.ts';
import { isSuccess } from '#src/service-api/replies.ts';
import { isUnknownId } from './error-replies.ts';
import { sessionPath } from './paths.ts';

const operation: Operation = { name: 'aborting an upload', onSession: true };

/**
 * Aborts an upload, which deletes its parts. An unknown upload is no error.
 * @throws RequestRejectedError - the upload is complete
 */
export async function abortSession(
  client: ApiClient,
  session: UploadSession,
  { signal }: CallOptions,
): Promise<void> {
  const path = sessionPath(session);
  const reply = await client.exchange({ operation, method: 'DELETE', path, signal });
  if (isSuccess(reply) || isUnknownId(reply)) return;
  throw client.rejectionError(reply, operation);
}
