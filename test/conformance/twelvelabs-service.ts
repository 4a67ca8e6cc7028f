import { onTestFinished } from 'vitest';
import type { FaultEffect } from '#local/simulators/twelvelabs/faults/faults.ts';
import { startTwelveLabs } from '#local/simulators/twelvelabs/server.ts';
import type { TwelveLabsSimulator } from '#local/simulators/twelvelabs/simulator.ts';
import type { Destination } from '#src/core/transfer/destination.ts';
import { createTwelveLabs } from '#src/destinations/twelvelabs/destination.ts';
import { createTransport } from '#src/http/transport.ts';
import { closeAgent, createAgent } from '#src/http/undici.ts';
import {
  type CallFault,
  type FaultPlan,
  type SendFault,
  throttleSeconds,
} from '../doubles/destinations/faults.ts';
import type { ServiceOptions, TestService } from '../doubles/destinations/service.ts';
import type { ManualClock } from '../harness/clock.ts';

/** A sleeper moves the clock while replies are in flight: a long timeout prevents false timeouts. */
const replyTimeoutMs = 3_600_000;

/**
 * Opens TwelveLabs: the real adapter and transport to a simulator on loopback with the test's clock.
 * Both end with the test.
 */
export async function openTwelveLabs(
  clock: ManualClock,
  { chunkSizeBytes, maxBytes, processingMs = 0 }: ServiceOptions,
): Promise<TestService> {
  const simulator = await startTwelveLabs({
    clock,
    chunkSizeBytes,
    store: 'memory',
    assetReadyAfterMs: processingMs,
    maxBytes: { video: maxBytes, audio: maxBytes, image: maxBytes },
  });
  const agent = createAgent();
  onTestFinished(async () => {
    await closeAgent(agent);
    await simulator.close();
  });
  const transport = createTransport({ agent, clock });
  const destination = createTwelveLabs({
    transport: { send: (request) => transport.send({ ...request, replyTimeoutMs }) },
    apiKey: { get: async () => simulator.apiKey, refresh: async () => simulator.apiKey },
    baseUrl: simulator.baseUrl,
    clock,
    log: { info: () => {}, warn: () => {}, error: () => {} },
    limits: { video: maxBytes },
  });
  return serviceOf(simulator, destination);
}

function serviceOf(simulator: TwelveLabsSimulator, destination: Destination): TestService {
  return {
    destination,
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
