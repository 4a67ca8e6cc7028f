import type { CallOptions } from '#src/core/transfer/destination.ts';
import type { ApiClient, Operation } from '#src/service-api/api-client.ts';
import { listingPath, type Place } from './paths.ts';

const operation: Operation = { name: 'looking for the project', onSession: false };

/** A name that no file of ours has: the reply lists nothing. */
const noName = '.chunkferry-preflight';

/**
 * Asks for a file in the project or folder: this needs a valid token, and the permission to read there.
 * @throws CredentialsRejectedError, ProjectNotFoundError, ProjectDeniedError
 */
export async function checkAccess(
  client: ApiClient,
  root: Place,
  { signal }: CallOptions,
): Promise<void> {
  await client.ask({ operation, method: 'GET', path: listingPath(root, noName), signal });
}
