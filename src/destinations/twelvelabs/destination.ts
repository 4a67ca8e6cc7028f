import type { Clock } from '#src/core/ports/clock.ts';
import type { Log } from '#src/core/ports/log.ts';
import type { Transport } from '#src/core/ports/transport.ts';
import type { MediaType } from '#src/core/source/source-object.ts';
import type { ApiKeySource } from '#src/core/stack/api-key.ts';
import type { Destination, DestinationTraits } from '#src/core/transfer/destination.ts';
import { checkBaseUrl, createApiClient } from './api-client.ts';
import { createSpanConflicts } from './fetch-urls.ts';
import { listIncomplete } from './incomplete-sessions.ts';
import { limitsOf, maxChunksInFlight, maxProofsPerReport, uploadReplyMs } from './limits.ts';
import { openSession } from './open-session.ts';
import { createUrlStock } from './presigned-urls.ts';
import { prepareChunks, sendChunk } from './send-chunks.ts';
import { assetStatus, chunkStates, reportProofs, sessionStatus } from './session-calls.ts';

export interface TwelveLabsOptions {
  readonly transport: Transport;
  readonly apiKey: ApiKeySource;
  /** Absolute, with the version: `https://api.twelvelabs.io/v1.3`. */
  readonly baseUrl: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Largest upload in bytes by media type, in place of the documented one. */
  readonly limits?: Readonly<Partial<Record<MediaType, number>>> | undefined;
  /**
   * Whether chunks may go to `http:` addresses. Where left out, only if the base URL is one: it is
   * a server on this machine or network then, such as the simulator.
   */
  readonly allowInsecureUploads?: boolean | undefined;
  /** How long the reply to a PUT may take after its last byte, in ms. Default: five minutes. */
  readonly uploadReplyMs?: number | undefined;
}

/** TwelveLabs as a destination. */
export type TwelveLabs = Destination & Required<Pick<Destination, 'listUnfinished'>>;

/** Chunks sized by the service, in any order; it finishes by itself once all are reported. */
const traits: DestinationTraits = {
  sessionCreatedBy: 'open',
  order: 'any',
  maxInFlight: maxChunksInFlight,
  maxProofsPerReport,
  finish: 'on-last-report',
  wholeDigest: 'none',
  chunkStates: true,
};

/**
 * Makes the destination. Presigned URLs live in its memory alone, and the API key goes to the base
 * URL alone.
 * @throws ConfigurationError - the base URL is not one
 */
export function createTwelveLabs(options: TwelveLabsOptions): TwelveLabs {
  const { transport, clock, log } = options;
  const baseUrl = checkBaseUrl(options.baseUrl);
  const client = createApiClient({ ...options, baseUrl });
  const nowMs = () => clock.now();
  const allowInsecureUploads = options.allowInsecureUploads ?? /^http:/i.test(baseUrl);
  const stock = createUrlStock(clock);
  const replyMs = options.uploadReplyMs ?? uploadReplyMs;
  const urlPorts = { client, log, allowInsecureUploads, conflicts: createSpanConflicts() };
  const sending = { ...urlPorts, transport, stock, clock, uploadReplyMs: replyMs };
  return {
    identity: `twelvelabs ${baseUrl}`,
    traits,
    limits: (mediaType) => limitsOf(mediaType, options.limits),
    openSession: (request, call) => openSession(client, request, call, nowMs),
    prepareChunks: (session, indexes, call) => prepareChunks(sending, session, indexes, call),
    sendChunk: (session, chunk, body, call) => sendChunk(sending, session, chunk, body, call),
    reportProofs: (session, proofs, call) => reportProofs(client, session, proofs, call),
    // The last report has finished the upload already.
    finish: async (session) => session,
    sessionStatus: (session, call) => sessionStatus(client, session, call),
    chunkStates: (session, page, call) => chunkStates(client, session, page, call),
    assetStatus: (assetId, call) => assetStatus(client, assetId, call),
    listUnfinished: (call) => listIncomplete(client, call),
  };
}
