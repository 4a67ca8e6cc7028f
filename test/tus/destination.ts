import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { Destination, DestinationTraits } from '#src/core/transfer/destination.ts';
import { assertAllProven } from '#src/service-api/all-proven.ts';
import { checkBaseUrl, createApiClient } from '#src/service-api/api-client.ts';
import type { DestinationResources } from '#src/service-api/definition.ts';
import { createOffsetWatch } from '#src/service-api/offset-watch.ts';
import { abortSession, assetStatus, finish, openSession, sessionStatus } from './calls.ts';
import { service } from './error-replies.ts';
import { acceptAny, chunkBytes, chunkReplyMs } from './limits.ts';
import { sendChunk } from './send-chunk.ts';
import type { TusSettings } from './settings.ts';

export interface TusOptions extends DestinationResources {
  readonly settings: TusSettings;
  /** Bytes of a chunk. Default: our own limit. */
  readonly chunkSizeBytes?: number | undefined;
}

/** Chunks are appended in order. The last one completes the upload, which `finish` verifies. */
export const traits: DestinationTraits = {
  sessionCreatedBy: 'open',
  order: 'ascending',
  maxInFlight: 1,
  maxProofsPerReport: 0,
  finish: 'explicit',
  wholeDigest: 'none',
  chunkStates: false,
};

/**
 * A server with the tus protocol 1.0.0 as a destination: the example of CONTRIBUTING, "Add a destination".
 * @throws ConfigurationError - the base URL is invalid
 */
export function createTus(
  options: TusOptions,
): Destination & Required<Pick<Destination, 'abortSession'>> {
  const baseUrl = checkBaseUrl(service, options.settings.baseUrl);
  const client = createApiClient({ ...options, service, baseUrl });
  const replyMs = options.uploadReplyMs ?? chunkReplyMs;
  const sendPorts = { client, replyMs, offsets: createOffsetWatch() };
  const callPorts = {
    ...{ client, baseUrl, chunkSizeBytes: options.chunkSizeBytes ?? chunkBytes },
    nowMs: () => options.clock.now(),
  };
  return {
    identity: `tus-server ${baseUrl}`,
    traits,
    accept: () => acceptAny(options.settings.maxBytes),
    openSession: (request, call) => openSession(callPorts, request, call),
    prepareChunks: async () => {},
    sendChunk: (session, chunk, body, call) => sendChunk(sendPorts, session, chunk, body, call),
    reportProofs: () => unsupported('reports'),
    finish: async (session, proofs, _digest, call) => {
      assertAllProven(session, proofs);
      return finish(client, session, call);
    },
    sessionStatus: (session, call) => sessionStatus(client, session, call),
    chunkStates: () => unsupported('chunk states'),
    assetStatus: (uploadId, call) => assetStatus(client, uploadId, call),
    abortSession: (session, call) => abortSession(client, session, call),
  };
}

async function unsupported(what: string): Promise<never> {
  throw new TransferError('UnexpectedError', `tus has no ${what}`);
}
