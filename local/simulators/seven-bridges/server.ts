import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { canary } from '#local/simulators/canaries.ts';
import { realClock } from '#local/simulators/clock.ts';
import { seededRandom } from '#local/simulators/randomness.ts';
import { FaultPlan } from '../fault-plan.ts';
import { sendReply } from '../twelvelabs/wire/replies.ts';
import { createApiListener } from './api-host.ts';
import type { CallRecord, SimulatorContext } from './context.ts';
import type { Fault } from './faults.ts';
import { PartAddresses } from './part-address.ts';
import { apiError } from './replies.ts';
import { createStorageListener } from './storage-host.ts';
import {
  createDefaultSwitches,
  type SevenBridgesOptions,
  type SevenBridgesSwitches,
} from './switches.ts';
import { type Entry, Store, type Upload } from './uploads.ts';

/**
 * A simulated Seven Bridges on loopback, written from its documents: the multipart upload of the API v2,
 * files and folders, and the S3-like storage behind its URLs. Clients use the wire; the rest is for tests.
 */
export interface SevenBridgesSimulator {
  /** `http://127.0.0.1:PORT/v2` */
  readonly baseUrl: string;
  readonly token: string;
  readonly project: string;
  /** Can be changed between calls. */
  readonly switches: SevenBridgesSwitches;
  readonly faults: FaultPlan<Fault>;
  /** All requests in order of arrival. */
  readonly calls: readonly CallRecord[];
  uploads(): readonly Upload[];
  /** Files and folders that are not deleted. */
  entries(): readonly Entry[];
  /** Returns the SHA-256 of a file's parts in order. @throws Error - bytes are discarded */
  storedSha256(fileId: string): string;
  /** Makes the service forget all unfinished uploads. */
  forgetUploads(): void;
  deleteFile(fileId: string): void;
  /** Closes all connections and frees both ports. */
  close(): Promise<void>;
}

type Listener = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** The default token: 32 characters, as a real one, with a mark that searches find. */
const defaultToken = `${canary('apiKey')}5b0000000000000000`.slice(0, 32);

/** Starts the API and the storage on free ports of loopback. */
export async function startSevenBridges(
  options: SevenBridgesOptions = {},
): Promise<SevenBridgesSimulator> {
  const context = createContext(options);
  const api = await listen(createApiListener(context), context);
  const storage = await listen(createStorageListener(context), context);
  context.origin = originOf(api);
  context.addresses.origin = originOf(storage);
  const { token, project, switches, faults, calls, store } = context;
  return {
    ...{ token, project, switches, faults, calls },
    baseUrl: `${context.origin}/v2`,
    uploads: () => store.uploads,
    entries: () => store.entries.filter(({ isDeleted }) => !isDeleted),
    storedSha256: (fileId) => sha256Of(store.entries.find(({ id }) => id === fileId)),
    forgetUploads: () => {
      for (const upload of store.uploads) upload.isForgotten = true;
    },
    deleteFile: (fileId) => {
      store.entry(fileId).isDeleted = true;
    },
    close: async () => void (await Promise.all([stop(api), stop(storage)])),
  };
}

function createContext(options: SevenBridgesOptions): SimulatorContext {
  const { clock = realClock, store = 'memory', project = 'ada/genomes', ...others } = options;
  const { token = defaultToken, ...switched } = others;
  const switches = { ...createDefaultSwitches(), ...switched };
  const random = seededRandom();
  return {
    ...{
      origin: '',
      clock,
      switches,
      project,
      token,
      faults: new FaultPlan<Fault>(),
      calls: [],
    },
    store: new Store(clock, switches, random),
    addresses: new PartAddresses(clock, random),
    keepsBytes: store === 'memory',
  };
}

function sha256Of(entry: Entry | undefined): string {
  const hash = createHash('sha256');
  for (const { bytes } of entry?.parts ?? []) {
    if (!bytes) throw new Error('The bytes were discarded. Use the store "memory" to read them.');
    hash.update(bytes);
  }
  return hash.digest('hex');
}

/** Listens without a request timeout. Idle connections outlive the clients' own limits. */
async function listen(listener: Listener, { clock }: SimulatorContext): Promise<Server> {
  const settings = { requestTimeout: 0, keepAliveTimeout: 65_000 };
  const server = createServer(settings, (request, response) => {
    // Clients compare the times in a reply with the reply's own date.
    response.setHeader('Date', new Date(clock.now()).toUTCString());
    listener(request, response).catch((error: unknown) => {
      if (!response.destroyed && !response.headersSent)
        sendReply(response, apiError(500, 90004, `The simulator is broken: ${error}`));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function originOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function stop(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
