import type { ApiKeySource } from '#src/core/ports/api-key.ts';
import type { Clock } from '#src/core/ports/clock.ts';
import type { Log } from '#src/core/ports/log.ts';
import type { Transport } from '#src/core/ports/transport.ts';
import type { TakeCall } from '#src/core/rates/call-budget.ts';
import type { Destination, DestinationTraits } from '#src/core/transfer/destination.ts';
import { checkBaseUrl, createApiClient } from '#src/service-api/api-client.ts';
import { readTransferOptions } from '#src/service-api/transfer-options.ts';
import { abortSession } from './abort-session.ts';
import { checkAccess } from './check-access.ts';
import { service } from './error-replies.ts';
import { finish } from './finish.ts';
import { createFolders } from './folders.ts';
import { acceptAny, maxPartsInFlight, maxProofsPerReport, uploadReplyMs } from './limits.ts';
import { openSession } from './open-session.ts';
import { createUrlStock } from './part-urls.ts';
import { rootOf } from './paths.ts';
import { createReportedParts, reportParts } from './reports.ts';
import { preparePart, sendPart } from './send-part.ts';
import { assetStatus, chunkStates, listUnfinished, sessionStatus } from './session-calls.ts';
import type { SevenBridgesSettings } from './settings.ts';
import { optionsSchema, settingsOf } from './transfer-options.ts';

export interface SevenBridgesOptions {
  readonly transport: Transport;
  /** The source of the authentication token. */
  readonly apiKey: ApiKeySource;
  readonly settings: SevenBridgesSettings;
  readonly clock: Clock;
  readonly log: Log;
  readonly takeCall?: TakeCall | undefined;
  /** The largest object in bytes. Default: the documented limit. */
  readonly maxBytes?: number | undefined;
  /** Whether parts may go to `http:` addresses. Default: only if the base URL is one. */
  readonly allowInsecureUploads?: boolean | undefined;
  /** The longest time for the reply to a PUT after its last byte, in ms. Default: five minutes. */
  readonly uploadReplyMs?: number | undefined;
}

type OptionalCalls = 'checkAccess' | 'listUnfinished' | 'abortSession' | 'prepareChunk';

/** Seven Bridges as a destination. */
export type SevenBridges = Destination & Required<Pick<Destination, OptionalCalls>>;

/** The service sizes the parts by our proposal, takes them in any order, and finishes by an explicit call. */
const traits: DestinationTraits = {
  sessionCreatedBy: 'open',
  order: 'any',
  maxInFlight: maxPartsInFlight,
  maxProofsPerReport,
  finish: 'explicit',
  wholeDigest: 'none',
  chunkStates: true,
};

/**
 * Creates the destination. It keeps the URLs of parts in memory only, and sends the token to the base URL
 * only.
 * @throws ConfigurationError - the base URL is invalid
 */
export function createSevenBridges(options: SevenBridgesOptions): SevenBridges {
  const { transport, clock, settings } = options;
  const baseUrl = checkBaseUrl(service, settings.baseUrl);
  const client = createApiClient({ ...options, service, baseUrl });
  const root = rootOf(settings);
  const openPorts = {
    ...{ client, settings, folders: createFolders(client) },
    nowMs: () => clock.now(),
  };
  const sendPorts = {
    ...{ client, transport, clock, stock: createUrlStock(clock) },
    allowInsecureUploads: options.allowInsecureUploads ?? /^http:/i.test(baseUrl),
    uploadReplyMs: options.uploadReplyMs ?? uploadReplyMs,
  };
  const reported = createReportedParts();
  const identityIn = ({ project, parent }: Pick<SevenBridgesSettings, 'project' | 'parent'>) =>
    `seven-bridges ${baseUrl} ${project ?? parent}`;
  return {
    identity: identityIn(settings),
    identityOf: (asked) =>
      identityIn(settingsOf(settings, readTransferOptions(optionsSchema, asked))),
    traits,
    accept: () => acceptAny(options.maxBytes),
    openSession: (request, call) => openSession(openPorts, request, call),
    // A URL may live for a minute only, so each is fetched just before its part.
    prepareChunks: async () => {},
    prepareChunk: (session, index, call) => preparePart(sendPorts, session, index, call),
    sendChunk: (session, chunk, body, call) => sendPart(sendPorts, session, chunk, body, call),
    reportProofs: (session, proofs, call) => reportParts(client, reported, session, proofs, call),
    finish: (session, proofs, _digest, call) => finish(client, session, proofs, call),
    sessionStatus: (session, call) => sessionStatus(client, session, call),
    chunkStates: (session, _page, call) => chunkStates(client, session, call),
    assetStatus: (fileId, call) => assetStatus(client, fileId, call),
    checkAccess: (call) => checkAccess(client, root, call),
    listUnfinished: (call) => listUnfinished(client, call),
    abortSession: (session, call) => abortSession(client, session, call),
  };
}
