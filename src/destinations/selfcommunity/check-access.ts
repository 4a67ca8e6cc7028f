import type { CallOptions } from '#src/core/transfer/destination.ts';
import type { ApiClient, Operation } from '#src/service-api/api-client.ts';
import { isFromGateway, isSuccess } from '#src/service-api/replies.ts';

const operation: Operation = { name: 'asking for a media', onSession: false };

/** The id of a media that no community has: ids begin at 1. */
const noMedia = 0;

/**
 * Asks for a media that does not exist: this needs a valid token, and creates nothing. A 404 as JSON is the
 * API's own; a page is a wrong base URL.
 * @throws CredentialsRejectedError, ApiNotAllowedError, ConfigurationError
 */
export async function checkAccess(client: ApiClient, { signal }: CallOptions): Promise<void> {
  const path = `/media/${noMedia}/`;
  const reply = await client.exchange({ operation, method: 'GET', path, signal });
  const isMissing = reply.status === 404 && !isFromGateway(reply);
  if (!isSuccess(reply) && !isMissing) throw client.rejectionError(reply, operation);
}
