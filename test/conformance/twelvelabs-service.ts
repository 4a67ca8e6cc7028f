import { onTestFinished } from 'vitest';
import type { FaultEffect } from '#local/simulators/twelvelabs/faults/faults.ts';
import { startTwelveLabs } from '#local/simulators/twelvelabs/server.ts';
import type { TwelveLabsSimulator } from '#local/simulators/twelvelabs/simulator.ts';
import type { Destination } from '#src/core/transfer/destination.ts';
import { createTwelveLabs } from '#src/destinations/twelvelabs/destination.ts';
import {
  type CallFault,
  type FaultPlan,
  type SendFault,
  throttleSeconds,
} from '../doubles/destinations/faults.ts';
import type { ServiceOptions } from '../doubles/destinations/service.ts';
import type { ManualClock } from '../harness/clock.ts';
import { openWire, type Wire, type WireService } from './wire/wire.ts';

/**
 * Opens TwelveLabs: the real adapter and transport to a simulator on loopback with the test's clock.
 * Both end with the test.
 */
export async function openTwelveLabs(
  clock: ManualClock,
  { chunkSizeBytes, maxBytes, processingMs = 0 }: ServiceOptions,
): Promise<WireService> {
  const simulator = await startTwelveLabs({
    clock,
    chunkSizeBytes,
    store: 'memory',
    assetReadyAfterMs: processingMs,
    maxBytes: { video: maxBytes, audio: maxBytes, image: maxBytes },
  });
  onTestFinished(() => simulator.close());
  const wire = openWire(clock);
  const destination = createTwelveLabs({
    transport: wire,
    apiKey: { get: async () => simulator.apiKey, refresh: async () => simulator.apiKey },
    baseUrl: simulator.baseUrl,
    clock,
    log: { info: () => {}, warn: () => {}, error: () => {} },
    limits: { video: maxBytes },
  });
  return serviceOf(simulator, wire, destination);
}

function serviceOf(
  simulator: TwelveLabsSimulator,
  wire: Wire,
  destination: Destination,
): WireService {
  return {
    ...{ destination, wire, secret: simulator.apiKey, baseUrl: simulator.baseUrl },
    faults: faultsOf(simulator),
    storedSha256: (assetId) => simulator.storedSha256(assetId),
    assetIds: () => simulator.assets().map(({ assetId }) => assetId),
    forgetSessions: () => {
      for (const { uploadId, state } of simulator.sessions()) {
        if (state !== 'completed') simulator.dropSession(uploadId);
      }
    },
    deleteAsset: (assetId) => simulator.deleteAsset(assetId),
  };
}

function faultsOf({ faults }: TwelveLabsSimulator): FaultPlan {
  return {
    failSend: (nth, fault) => faults.add({ on: 'put', nth, ...putEffect(fault) }),
    failCall: (call, fault) => {
      if (call === 'finish') throw new Error('TwelveLabs has no finish call');
      faults.add({ on: call === 'open' ? 'create' : 'report', ...callEffect(fault) });
    },
  };
}

function putEffect(fault: SendFault): FaultEffect {
  if (fault.kind === 'expired-url') return { kind: 'expired-url' };
  if (fault.kind === 'throttled') return { kind: 'throttle', retryAfter: fault.retryAfterSeconds };
  return fault;
}

function callEffect(fault: CallFault): FaultEffect {
  return fault === 'throttled'
    ? { kind: 'throttle', retryAfter: throttleSeconds }
    : { kind: fault };
}
