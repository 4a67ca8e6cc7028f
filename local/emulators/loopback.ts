import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** No emulator is ever reachable from another machine. */
export const loopbackAddress = '127.0.0.1';

/** A server of one service's protocol in this process. */
export interface Emulator {
  /** Where it listens, such as `http://127.0.0.1:40123`. */
  readonly url: string;
  /** Stops it, requests under way included. */
  close(): Promise<void>;
}

/** Listens on a free port and returns the address. */
export async function listenOnLoopback(server: Server): Promise<string> {
  server.listen(0, loopbackAddress);
  await once(server, 'listening');
  return loopbackUrl(server.address() as AddressInfo);
}

export function loopbackUrl({ port }: AddressInfo): string {
  return `http://${loopbackAddress}:${port}`;
}

/** Closes a server at once: connections that clients keep alive would hold it for seconds. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()));
    server.closeAllConnections();
  });
}
