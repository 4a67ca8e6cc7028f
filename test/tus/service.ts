import { onTestFinished } from 'vitest';
import type { HttpRequest } from '#src/core/ports/transport.ts';
import { WireFaults } from '../conformance/wire/faults.ts';
import { openWire, type WireService } from '../conformance/wire/wire.ts';
import type { ServiceOptions } from '../doubles/destinations/service.ts';
import type { ManualClock } from '../harness/clock.ts';
import { canaries } from '../security/canaries/canaries.ts';
import { createTus } from './destination.ts';
import { startTus } from './server.ts';

/** Opens the adapter at a server of its own. Both end with the test. */
export async function openTus(
  clock: ManualClock,
  { chunkSizeBytes, maxBytes }: ServiceOptions,
): Promise<WireService> {
  const secret = canaries.apiKey;
  const server = await startTus(secret, maxBytes);
  onTestFinished(() => server.close());
  const wire = openWire(clock);
  const { baseUrl } = server;
  const destination = createTus({
    transport: wire,
    apiKey: { get: async () => secret, refresh: async () => secret },
    settings: { baseUrl, maxBytes },
    clock,
    log: { info: () => {}, warn: () => {}, error: () => {} },
    chunkSizeBytes,
  });
  const isUnfinished = (id: string) => !server.finished.includes(id);
  return {
    ...{ destination, wire, secret, baseUrl },
    // The server can plan no faults, so they happen on the wire.
    faults: new WireFaults(wire, callOf),
    storedSha256: server.storedSha256,
    assetIds: () => server.finished,
    forgetSessions: async () => {
      await Promise.all(server.created.filter(isUnfinished).map(server.remove));
    },
    deleteAsset: server.remove,
  };
}

function callOf({ method }: HttpRequest): 'send' | 'open' | undefined {
  if (method === 'PATCH') return 'send';
  return method === 'POST' ? 'open' : undefined;
}
