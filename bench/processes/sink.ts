import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { createServer } from 'node:tls';
import { loopbackAddress } from '#local/emulators/loopback.ts';
import { startTwelveLabs } from '#local/simulators/twelvelabs/server.ts';
import { type Identity, readIdentity } from './identity.ts';
import { serveRequests } from './worker-process.ts';

/** A request to the sink: set the chunk size of future uploads, or return and reset the counts. */
export type SinkRequest =
  | { readonly kind: 'setChunkSize'; readonly chunkSizeBytes: number }
  | { readonly kind: 'takeCounts' };

let uploadPort = 0;
const identity = readIdentity();
const presignedOrigin = identity && (await startTls(identity));
const simulator = await startTwelveLabs({
  store: 'discard',
  ...(presignedOrigin && { presignedOrigin }),
});
uploadPort = Number(new URL(simulator.uploadOrigin).port);

serveRequests(async (request: SinkRequest) => {
  if (request.kind === 'setChunkSize') {
    simulator.switches.chunkSizeBytes = request.chunkSizeBytes;
    return { baseUrl: simulator.baseUrl, apiKey: simulator.apiKey };
  }
  const counts = simulator.calls.counts();
  simulator.calls.clear();
  return counts;
});

/** Speaks TLS in front of the upload host. Returns its origin. Calls of the API carry no chunks and stay HTTP. */
async function startTls(identity: Identity): Promise<string> {
  const server = createServer(identity, (client) => {
    const host = connect(uploadPort, loopbackAddress);
    for (const socket of [client, host]) {
      socket.on('error', () => {
        client.destroy();
        host.destroy();
      });
    }
    client.pipe(host).pipe(client);
  });
  server.listen(0, loopbackAddress);
  await once(server, 'listening');
  return `https://${loopbackAddress}:${(server.address() as AddressInfo).port}`;
}
