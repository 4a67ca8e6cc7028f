import type { ApiKeySource } from '#src/core/ports/api-key.ts';
import type { Clock } from '#src/core/ports/clock.ts';
import type { Log } from '#src/core/ports/log.ts';
import type { Transport } from '#src/core/ports/transport.ts';
import type { Destination, DestinationTraits } from '#src/core/transfer/destination.ts';
import { checkBaseUrl, createApiClient } from '#src/service-api/api-client.ts';
import { service } from './error-replies.ts';
import { createSpanConflicts } from './fetch-urls.ts';
import { listIncomplete } from './incomplete-sessions.ts';
import {
  limitsOf,
  maxChunksInFlight,
  maxProofsPerReport,
  maxUrlsPerCall,
  type SizeOverrides,
  uploadReplyMs,
} from './limits.ts';
import { mediaTypeOf } from './media-type.ts';
import { openSession } from './open-session.ts';
import { createUrlStock } from './presigned-urls.ts';
import { prepareChunks, sendChunk } from './send-chunk.ts';
import { assetStatus, chunkStates, reportProofs, sessionStatus } from './session-calls.ts';

export interface TwelveLabsOptions {
  readonly transport: Transport;
  readonly apiKey: ApiKeySource;
  /** Absolute, with the version, such as `https://api.twelvelabs.io/v1.3`. */
  readonly baseUrl: string;
  readonly clock: Clock;
  readonly log: Log;
  /** The largest upload in bytes by media type. Default: the documented limits. */
  readonly limits?: SizeOverrides | undefined;
  /**
   * Whether chunks may go to `http:` addresses. Default: only if the base URL is one, which then is a
   * server on this machine, such as the simulator.
   */
  readonly allowInsecureUploads?: boolean | undefined;
  /** The longest time for the reply to a PUT after its last byte, in ms. Default: five minutes. */
  readonly uploadReplyMs?: number | undefined;
}

/** TwelveLabs as a destination. */
export type TwelveLabs = Destination & Required<Pick<Destination, 'listUnfinished'>>;

/** The service sizes the chunks, takes them in any order, and finishes after the last report. */
const traits: DestinationTraits = {
  sessionCreatedBy: 'open',
  order: 'any',
  maxInFlight: maxChunksInFlight,
  chunksPerPage: maxUrlsPerCall,
  maxProofsPerReport,
  finish: 'on-last-report',
  wholeDigest: 'none',
  chunkStates: true,
};

/**
 * Creates the destination. It keeps presigned URLs in memory only, and sends the API key to the base URL
 * only.
 * @throws ConfigurationError - the base URL is invalid
 */
export function createTwelveLabs(options: TwelveLabsOptions): TwelveLabs {
  const { transport, clock, log } = options;
  const baseUrl = checkBaseUrl(service, options.baseUrl);
  const client = createApiClient({ ...options, service, baseUrl });
  const nowMs = () => clock.now();
  const allowInsecureUploads = options.allowInsecureUploads ?? /^http:/i.test(baseUrl);
  const stock = createUrlStock(clock);
  const replyMs = options.uploadReplyMs ?? uploadReplyMs;
  const urlPorts = { client, log, allowInsecureUploads, conflicts: createSpanConflicts() };
  const sendPorts = { ...urlPorts, transport, stock, clock, uploadReplyMs: replyMs };
  return {
    identity: `twelvelabs ${baseUrl}`,
    traits,
    accept: (object) => limitsOf(mediaTypeOf(object), options.limits),
    openSession: (request, call) => openSession(client, request, call, nowMs),
    prepareChunks: (session, indexes, call) => prepareChunks(sendPorts, session, indexes, call),
    sendChunk: (session, chunk, body, call) => sendChunk(sendPorts, session, chunk, body, call),
    reportProofs: (session, proofs, call) => reportProofs(client, session, proofs, call),
    // The last report has finished the upload.
    finish: async (session) => session,
    sessionStatus: (session, call) => sessionStatus(client, session, call),
    chunkStates: (session, page, call) => chunkStates(client, session, page, call),
    assetStatus: (assetId, call) => assetStatus(client, assetId, call),
    listUnfinished: (call) => listIncomplete(client, call),
  };
}
