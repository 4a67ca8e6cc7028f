import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { realClock } from '#local/simulators/clock.ts';
import { seededRandom } from '#local/simulators/randomness.ts';
import { FaultPlan } from '../fault-plan.ts';
import { sendReply } from '../twelvelabs/wire/replies.ts';
import { createApiListener } from './api-host.ts';
import type { CallRecord, SimulatorContext } from './context.ts';
import type { Fault } from './faults.ts';
import { jsonReply } from './replies.ts';
import {
  createDefaultSwitches,
  type SelfCommunityOptions,
  type SelfCommunitySwitches,
} from './switches.ts';
import { Tokens } from './tokens.ts';
import { type Media, Store, type Upload } from './uploads.ts';

/**
 * A simulated SelfCommunity on loopback, written from its documents and from what its likely library does: the
 * chunked upload of media, and the refresh of a token. Clients use the wire; the rest is for tests.
 */
export interface SelfCommunitySimulator {
  /** `http://127.0.0.1:PORT/api/v2` */
  readonly baseUrl: string;
  /** The present access token. */
  token(): string;
  /** The secret with the data of a refresh, as JSON. */
  secret(): string;
  /** Can be changed between calls. */
  readonly switches: SelfCommunitySwitches;
  readonly faults: FaultPlan<Fault>;
  /** All requests in order of arrival. */
  readonly calls: readonly CallRecord[];
  uploads(): readonly Upload[];
  /** Media that are not deleted. */
  media(): readonly Media[];
  storedSha256(mediaId: string): string;
  /** Makes the service forget all uploads. */
  forgetUploads(): void;
  deleteMedia(mediaId: string): void;
  /** Closes all connections and frees the port. */
  close(): Promise<void>;
}

/** Starts the service on a free port of loopback. */
export async function startSelfCommunity(
  options: SelfCommunityOptions = {},
): Promise<SelfCommunitySimulator> {
  const context = createContext(options);
  const { switches, faults, calls, store, tokens } = context;
  const { origin, close } = await listen(context);
  return {
    ...{ switches, faults, calls, close },
    baseUrl: `${origin}/api/v2`,
    token: () => tokens.accessToken,
    secret: () => secretOf(tokens),
    uploads: () => store.uploads,
    media: () => store.media.filter(({ isDeleted }) => !isDeleted),
    storedSha256: (id) => sha256Of(store.media.find((one) => String(one.id) === id)),
    forgetUploads: () => {
      for (const upload of store.uploads) upload.isForgotten = true;
    },
    deleteMedia: (id) => {
      const media = store.find(id);
      if (media) media.isDeleted = true;
    },
  };
}

function createContext(options: SelfCommunityOptions): SimulatorContext {
  const { clock = realClock, ...switched } = options;
  const switches = { ...createDefaultSwitches(), ...switched };
  const random = seededRandom();
  return {
    ...{ clock, switches, faults: new FaultPlan<Fault>(), calls: [] },
    store: new Store(clock, switches, random),
    tokens: new Tokens(clock, switches, random),
  };
}

function secretOf({ accessToken, refreshToken, clientId, clientSecret }: Tokens): string {
  return JSON.stringify({ accessToken, refreshToken, clientId, clientSecret });
}

function sha256Of(media: Media | undefined): string {
  return createHash('sha256')
    .update(media?.bytes ?? Buffer.alloc(0))
    .digest('hex');
}

/** Listens without a request timeout. Idle connections outlive the clients' own limits. */
async function listen(
  context: SimulatorContext,
): Promise<{ readonly origin: string; close(): Promise<void> }> {
  const listener = createApiListener(context);
  const settings = { requestTimeout: 0, keepAliveTimeout: 65_000 };
  const server = createServer(settings, (request, response) => {
    // Clients compare the times in a reply with the reply's own date.
    response.setHeader('Date', new Date(context.clock.now()).toUTCString());
    listener(request, response).catch((error: unknown) => {
      if (!response.destroyed && !response.headersSent)
        sendReply(response, jsonReply(500, { detail: `The simulator is broken: ${error}` }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}
