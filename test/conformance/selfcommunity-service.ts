import { onTestFinished } from 'vitest';
import type { FaultEffect } from '#local/simulators/selfcommunity/faults.ts';
import {
  type SelfCommunitySimulator,
  startSelfCommunity,
} from '#local/simulators/selfcommunity/server.ts';
import type { Destination } from '#src/core/transfer/destination.ts';
import { createSelfCommunity } from '#src/destinations/selfcommunity/destination.ts';
import { maxFilenameLength } from '#src/destinations/selfcommunity/limits.ts';
import type { Mode } from '#src/destinations/selfcommunity/settings.ts';
import { createTransport } from '#src/http/transport.ts';
import { closeAgent, createAgent } from '#src/http/undici.ts';
import { type FaultPlan, type SendFault, throttleSeconds } from '../doubles/destinations/faults.ts';
import type { ServiceOptions, TestService } from '../doubles/destinations/service.ts';
import type { ManualClock } from '../harness/clock.ts';

/** A sleeper moves the clock while replies are in flight: a long timeout prevents false timeouts. */
const replyTimeoutMs = 3_600_000;

/**
 * Returns the opener of SelfCommunity in a mode: the real adapter and transport to a simulator on loopback with
 * the test's clock. Both end with the test.
 */
export function openSelfCommunity(mode: Mode) {
  return async (
    clock: ManualClock,
    { chunkSizeBytes, maxBytes }: ServiceOptions,
  ): Promise<TestService> => {
    const simulator = await startSelfCommunity({ clock, mode });
    const agent = createAgent();
    onTestFinished(async () => {
      await closeAgent(agent);
      await simulator.close();
    });
    const transport = createTransport({ agent, clock });
    const secret = simulator.secret();
    const destination = createSelfCommunity({
      transport: { send: (request) => transport.send({ ...request, replyTimeoutMs }) },
      apiKey: { get: async () => secret, refresh: async () => secret },
      settings: { baseUrl: simulator.baseUrl, mode },
      clock,
      log: { info: () => {}, warn: () => {}, error: () => {} },
      chunkSizeBytes,
    });
    // The suite sends a film; the media rules of the service have tests of their own.
    const accept = () => ({ kind: 'document', maxBytes, maxFilenameLength });
    return serviceOf(simulator, { ...destination, accept });
  };
}

function serviceOf(simulator: SelfCommunitySimulator, destination: Destination): TestService {
  return {
    destination,
    faults: faultsOf(simulator),
    storedSha256: async (mediaId) => simulator.storedSha256(mediaId),
    assetIds: () => simulator.media().map(({ id }) => String(id)),
    forgetSessions: () => simulator.forgetUploads(),
    deleteAsset: (mediaId) => simulator.deleteMedia(mediaId),
  };
}

/** The service has no call that opens a session, and none that reports. */
function faultsOf({ faults }: SelfCommunitySimulator): FaultPlan {
  return {
    failSend: (nth, fault) => faults.add({ on: 'chunk', nth, ...chunkEffect(fault) }),
    failCall: (_, fault) =>
      faults.add({
        on: 'complete',
        ...(fault === 'throttled'
          ? { kind: 'throttle', seconds: throttleSeconds }
          : { kind: fault }),
      }),
  };
}

/** There are no addresses that expire: a rejection without an effect takes their place. */
function chunkEffect(fault: SendFault): FaultEffect {
  if (fault.kind === 'throttled') return { kind: 'throttle', seconds: fault.retryAfterSeconds };
  if (fault.kind === 'reset' || fault.kind === 'lost-reply') return { kind: fault.kind };
  return { kind: 'status', status: 503 };
}
