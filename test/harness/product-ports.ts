import type { Transport } from '#src/core/ports/transport.ts';
import { createConcurrencyRegistry } from '#src/core/rates/adaptive-concurrency.ts';
import { destinations } from '#src/destinations/registry.ts';
import { twelveLabs } from '#src/destinations/twelvelabs/definition.ts';
import { createTwelveLabs } from '#src/destinations/twelvelabs/destination.ts';
import { optionRulesOf } from '#src/service-api/transfer-options.ts';
import type { Ports } from '#src/step-support/step.ts';
import { createCallLimiter } from '#src/throttling/call-limiter.ts';
import { createThrottledDestination } from '#src/throttling/throttled-destination.ts';
import { createThrottledSource } from '#src/throttling/throttled-source.ts';
import { sdkCrc } from '../doubles/sdk-crc.ts';

/** Limit of PUTs in flight of one process. */
const maxPutsInFlight = 64;

/**
 * Completes the ports of one process as a deployed container does: the real client over a transport, and
 * a limiter for its calls and for the source.
 */
export function completePorts(
  ports: Omit<Ports, 'destination' | 'optionRules' | 'newCrc' | 'concurrency'>,
  service: { readonly apiKey: string; readonly baseUrl: string },
  transport: Transport,
): Ports {
  const { clock, log, queue } = ports;
  const { apiKey: key, baseUrl } = service;
  const apiKey = { get: async () => key, refresh: async () => key };
  const client = createTwelveLabs({ transport, apiKey, baseUrl, clock, log });
  const limiter = createCallLimiter({ ...ports, store: () => queue });
  return {
    ...ports,
    optionRules: optionRulesOf(twelveLabs, destinations),
    newCrc: sdkCrc,
    concurrency: createConcurrencyRegistry(clock, maxPutsInFlight),
    source: createThrottledSource(ports.source, limiter),
    destination: createThrottledDestination(client, limiter),
  };
}
