import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createApiListener } from './api/api-host.ts';
import { createContext } from './create-context.ts';
import type { TwelveLabsOptions, TwelveLabsSimulator } from './simulator.ts';
import type { SimulatorContext } from './storage/context.ts';
import { testControls } from './test-controls.ts';
import { uploadListener } from './upload/upload-host.ts';
import { apiError, sendReply } from './wire/replies.ts';

type Listener = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Starts both hosts on free ports of loopback. */
export async function startTwelveLabs(
  options: TwelveLabsOptions = {},
): Promise<TwelveLabsSimulator> {
  const context = await createContext(options);
  const api = await listen(createApiListener(context), context);
  const uploads = await listen(uploadListener(context), context);
  const uploadOrigin = originOf(uploads);
  context.urls.origin = options.presignedOrigin ?? uploadOrigin;
  let closing: Promise<void> | undefined;
  return {
    baseUrl: `${originOf(api)}/v1.3`,
    uploadOrigin,
    apiKey: context.apiKey,
    switches: context.switches,
    faults: context.faults,
    calls: context.calls,
    ...testControls(context),
    close() {
      closing ??= Promise.all([stop(api), stop(uploads)]).then(() => context.storage.close());
      return closing;
    },
  };
}

/** Listens without a request timeout. Idle connections outlive the clients' own limits. */
async function listen(listener: Listener, { clock }: SimulatorContext): Promise<Server> {
  const settings = { requestTimeout: 0, keepAliveTimeout: 65_000 };
  const server = createServer(settings, (request, response) => {
    // Clients compare the times in a reply with the reply's own date.
    response.setHeader('Date', new Date(clock.now()).toUTCString());
    listener(request, response).catch((error: unknown) => fail(response, error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** Makes a bug or a full disk of the simulator distinct from a reply of the service. */
function fail(response: ServerResponse, error: unknown): void {
  if (response.destroyed || response.headersSent) return;
  sendReply(response, apiError(500, 'simulator_broken', String(error)));
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
