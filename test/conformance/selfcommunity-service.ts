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
import { type FaultPlan, type SendFault, throttleSeconds } from '../doubles/destinations/faults.ts';
import type { ServiceOptions } from '../doubles/destinations/service.ts';
import type { ManualClock } from '../harness/clock.ts';
import { openWire, type Wire, type WireService } from './wire/wire.ts';

/**
 * Returns the opener of SelfCommunity in a mode: the real adapter and transport to a simulator on loopback with
 * the test's clock. Both end with the test.
 */
export function openSelfCommunity(mode: Mode) {
  return async (
    clock: ManualClock,
    { chunkSizeBytes, maxBytes }: ServiceOptions,
  ): Promise<WireService> => {
    const simulator = await startSelfCommunity({ clock, mode });
    onTestFinished(() => simulator.close());
    const wire = openWire(clock);
    const secret = simulator.secret();
    const destination = createSelfCommunity({
      transport: wire,
      apiKey: { get: async () => secret, refresh: async () => secret },
      settings: { baseUrl: simulator.baseUrl, mode },
      clock,
      log: { info: () => {}, warn: () => {}, error: () => {} },
      chunkSizeBytes,
    });
    // The suite sends a film; the media rules of the service have tests of their own.
    const accept = () => ({ kind: 'document', maxBytes, maxFilenameLength });
    return serviceOf(simulator, wire, { ...destination, accept });
  };
}

function serviceOf(
  simulator: SelfCommunitySimulator,
  wire: Wire,
  destination: Destination,
): WireService {
  return {
    ...{ destination, wire, secret: simulator.token(), baseUrl: simulator.baseUrl },
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
