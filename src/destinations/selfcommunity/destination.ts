import { TransferError } from '#src/core/errors/transfer-error.ts';
import { chunkCount } from '#src/core/transfer/chunk-plan.ts';
import type {
  Destination,
  DestinationTraits,
  SessionRequest,
  UploadSession,
} from '#src/core/transfer/destination.ts';
import { checkBaseUrl, createApiClient } from '#src/service-api/api-client.ts';
import type { DestinationResources } from '#src/service-api/definition.ts';
import { createOffsetWatch } from '#src/service-api/offset-watch.ts';
import { checkAccess } from './check-access.ts';
import { service } from './error-replies.ts';
import { finish } from './finish.ts';
import { chunkReplyMs, maxChunkBytes } from './limits.ts';
import { accept, type Kind } from './media-rules.ts';
import { sendChunk } from './send-chunk.ts';
import { assetStatus, sessionStatus } from './session-calls.ts';
import type { Mode, SelfCommunitySettings } from './settings.ts';
import { createTokenSource } from './token.ts';
import { typeOptionOf } from './transfer-options.ts';

export interface SelfCommunityOptions extends DestinationResources {
  readonly settings: SelfCommunitySettings;
  /** Bytes of a chunk. Default: the documented limit. */
  readonly chunkSizeBytes?: number | undefined;
}

/** Chunks are strictly serial: the service appends each to the file, without a lock. */
const traits: DestinationTraits = {
  sessionCreatedBy: 'first-chunk',
  order: 'ascending',
  maxInFlight: 1,
  maxProofsPerReport: 0,
  finish: 'explicit',
  finishOnce: true,
  wholeDigest: 'md5',
  chunkStates: false,
};

/**
 * Creates the destination. It sends the token to the base URL only, and the data of a refresh to the token's
 * URL only.
 * @throws ConfigurationError - the base URL is invalid
 */
export function createSelfCommunity(options: SelfCommunityOptions): Destination {
  const { mode } = options.settings;
  const baseUrl = checkBaseUrl(service, options.settings.baseUrl);
  const apiKey = createTokenSource({ ...options, baseUrl });
  const client = createApiClient({ ...options, apiKey, service, baseUrl });
  const replyMs = options.uploadReplyMs ?? chunkReplyMs;
  const sendPorts = { client, mode, replyMs, offsets: createOffsetWatch() };
  const finishPorts = { client, mode, nowMs: () => options.clock.now() };
  return {
    identity: `selfcommunity ${baseUrl}`,
    traits,
    accept,
    openSession: async (request) => openSession(request, mode, options.chunkSizeBytes),
    prepareChunks: async () => {},
    sendChunk: (session, chunk, body, call) => sendChunk(sendPorts, session, chunk, body, call),
    reportProofs: () => unsupported('reports'),
    finish: (session, proofs, md5, call) => finish(finishPorts, session, proofs, md5, call),
    sessionStatus: (session, call) => sessionStatus(client, mode, session, call),
    chunkStates: () => unsupported('chunk states'),
    assetStatus: (mediaId, call) => assetStatus(client, mediaId, call),
    checkAccess: async (call) => {
      await checkAccess(client, call);
      await apiKey.checkReplace?.();
    },
  };
}

/** Makes no call: the first chunk creates the upload. */
function openSession(
  { source, kind, filename, options }: SessionRequest,
  mode: Mode,
  chunkSizeBytes: number = maxChunkBytes,
): UploadSession {
  const { sizeBytes, contentType = '' } = source;
  const { type } = typeOptionOf(options, kind as Kind, mode);
  return {
    uploadId: '',
    chunkSizeBytes,
    totalChunks: chunkCount(sizeBytes, chunkSizeBytes),
    details: {
      kind,
      filename,
      sizeBytes: String(sizeBytes),
      ...(type !== undefined && { type }),
      ...(/^[\w.+-]+\/[\w.+-]+$/.test(contentType) && { contentType }),
    },
  };
}

async function unsupported(what: string): Promise<never> {
  throw new TransferError('UnexpectedError', `SelfCommunity has no ${what}`);
}
