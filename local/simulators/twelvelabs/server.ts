import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { apiListener } from './api-host.ts';
import { CallLog } from './call-log.ts';
import { simulatedApiKey } from './canaries.ts';
import { FaultPlan } from './faults.ts';
import type { Parts } from './parts.ts';
import { UrlMint } from './presigned-urls.ts';
import { seededRandom } from './randomness.ts';
import { realClock } from './real-clock.ts';
import { apiError, sendReply } from './replies.ts';
import { SessionBook } from './sessions.ts';
import type { TwelveLabsOptions, TwelveLabsSimulator } from './simulator.ts';
import { sha256Of, snapshotAssets, snapshotSession } from './snapshots.ts';
import { openStorage } from './storage.ts';
import { defaultSwitches } from './switches.ts';
import { uploadListener } from './upload-host.ts';

type Listener = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** A bug or a full disk here must not look like a reply of the service's, nor hang a client. */
function fail(response: ServerResponse, error: unknown): void {
  if (response.destroyed || response.headersSent) return;
  sendReply(response, apiError(500, 'simulator_broken', String(error)));
}

/** Takes as long as a body needs, and keeps idle connections longer than clients do. */
async function listen(listener: Listener, { clock }: Parts): Promise<Server> {
  const settings = { requestTimeout: 0, keepAliveTimeout: 65_000 };
  const server = createServer(settings, (request, response) => {
    // A time that a reply names is judged by the reply's own date.
    response.setHeader('Date', new Date(clock.now()).toUTCString());
    listener(request, response).catch((error: unknown) => fail(response, error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function originOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function shut(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

/** A service without a door yet: its hosts give it one, and the origin of its URLs. @internal */
export async function assemble(options: TwelveLabsOptions): Promise<Parts> {
  const {
    clock = realClock,
    store = 'file',
    directory,
    apiKey,
    seed,
    presignedOrigin: _,
    ...switched
  } = options;
  const switches = { ...defaultSwitches(), ...switched };
  const random = seededRandom(seed);
  return {
    apiKey: apiKey ?? simulatedApiKey,
    clock,
    random,
    switches,
    sessions: new SessionBook(clock, switches, random),
    urls: new UrlMint(clock, switches, random),
    storage: await openStorage(store, directory),
    faults: new FaultPlan(),
    calls: new CallLog(),
  };
}

export type Levers = Omit<
  TwelveLabsSimulator,
  'baseUrl' | 'uploadOrigin' | 'apiKey' | 'switches' | 'faults' | 'calls' | 'close'
>;

/** What a test may look at and do past the wire. */
export function testControls(parts: Parts): Levers {
  const { sessions, clock } = parts;
  const settle = (assetId: string, failure: string | undefined): void => {
    const { asset } = sessions.knownByAsset(assetId);
    asset.settlesAt = clock.now();
    asset.failure = failure;
  };
  return {
    sessions: () => sessions.all().map((session) => snapshotSession(parts, session)),
    assets: () => snapshotAssets(parts),
    storedSha256: async (assetId) => sha256Of(sessions.knownByAsset(assetId)),
    expireSession(uploadId) {
      sessions.known(uploadId).expiresAt = clock.now();
    },
    failSession(uploadId) {
      sessions.known(uploadId).failed = true;
    },
    dropSession(uploadId) {
      sessions.known(uploadId).forgotten = true;
    },
    recallSession(uploadId) {
      sessions.known(uploadId).forgotten = false;
    },
    failChunk: (uploadId, index, error) => {
      sessions.reopen(sessions.known(uploadId));
      sessions.failChunk(sessions.known(uploadId), index, error);
    },
    failAsset: (assetId, message) => settle(assetId, message),
    makeReady: (assetId) => settle(assetId, undefined),
    deleteAsset(assetId) {
      sessions.knownByAsset(assetId).asset.deleted = true;
    },
  };
}

/** Starts both hosts on free loopback ports. */
export async function startTwelveLabs(
  options: TwelveLabsOptions = {},
): Promise<TwelveLabsSimulator> {
  const parts = await assemble(options);
  const api = await listen(apiListener(parts), parts);
  const uploads = await listen(uploadListener(parts), parts);
  const uploadOrigin = originOf(uploads);
  parts.urls.origin = options.presignedOrigin ?? uploadOrigin;
  let closing: Promise<void> | undefined;
  return {
    baseUrl: `${originOf(api)}/v1.3`,
    uploadOrigin,
    apiKey: parts.apiKey,
    switches: parts.switches,
    faults: parts.faults,
    calls: parts.calls,
    ...testControls(parts),
    close() {
      closing ??= Promise.all([shut(api), shut(uploads)]).then(() => parts.storage.close());
      return closing;
    },
  };
}
