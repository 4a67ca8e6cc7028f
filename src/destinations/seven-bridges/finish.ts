import { errorMeans } from '#src/core/errors/error-meanings.ts';
import type { ChunkProof } from '#src/core/transfer/chunk-proof.ts';
import type { CallOptions, UploadSession } from '#src/core/transfer/destination.ts';
import { assertAllProven } from '#src/service-api/all-proven.ts';
import type { ApiClient, Operation } from '#src/service-api/api-client.ts';
import { serviceError } from '#src/service-api/replies.ts';
import { findFile } from './find-file.ts';
import { changeReplyMs } from './limits.ts';
import { sessionPath } from './paths.ts';
import { isReportedAs, partReport } from './proofs.ts';
import { reportedParts } from './session-calls.ts';
import { fileReply, readReply } from './wire.ts';

const operation: Operation = {
  name: 'completing an upload',
  onSession: true,
  replyMs: changeReplyMs,
};

/**
 * Completes an upload with the parts that the service has no report of, or another one. Repeatable: if the
 * service no longer knows the upload, an earlier call may have completed it, and its file is looked for.
 * @throws RequestRejectedError - a part has no proof, or the service rejects the parts
 * @throws SessionExpiredError - the service knows neither the upload nor its file
 * @throws ProtocolViolationError - the file has another size
 */
export async function finish(
  client: ApiClient,
  session: UploadSession,
  proofs: readonly ChunkProof[],
  options: CallOptions,
): Promise<UploadSession> {
  assertAllProven(session, proofs);
  try {
    return { ...session, assetId: await complete(client, session, proofs, options) };
  } catch (error) {
    const assetId = errorMeans(error, 'sessionLost') && (await findFile(client, session, options));
    if (assetId) return { ...session, assetId };
    throw error;
  }
}

async function complete(
  client: ApiClient,
  session: UploadSession,
  proofs: readonly ChunkProof[],
  options: CallOptions,
): Promise<string> {
  const reported = await reportedParts(client, session, options);
  const rest = proofs.filter((proof) => !isReportedAs(proof, reported.get(proof.index) ?? {}));
  const body = rest.length > 0 ? { parts: rest.map(partReport) } : undefined;
  const path = `${sessionPath(session)}/complete`;
  const reply = await client.ask({ operation, method: 'POST', path, body, ...options });
  const file = readReply(fileReply, reply, operation.name);
  assertSize(file, session);
  return file.id;
}

function assertSize(
  { id, size }: { readonly id: string; readonly size?: unknown },
  { details }: UploadSession,
): void {
  if (typeof size !== 'number' || String(size) === details.sizeBytes) return;
  throw serviceError(
    'ProtocolViolationError',
    `Invalid file "${id}" from Seven Bridges: "${size}" bytes must be ${details.sizeBytes}. Delete the file.`,
  );
}
