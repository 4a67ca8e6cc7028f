import { createConnectGuard, type UploadHosts } from '#src/http/public-addresses.ts';
import { createAgent, type HttpAgent } from '#src/http/undici.ts';
import type { Sockets } from './sockets.ts';

/** Returns the connections to the service and to the upload hosts that it names. Calls share them. */
export function createDestinationAgent(sockets: Sockets, hosts: UploadHosts): HttpAgent {
  const name = `${hosts.baseUrl} ${hosts.mayBePrivate}`;
  return sockets.destination(name, () => createAgent({ guard: createConnectGuard(hosts) }));
}
