import { onTestFinished } from 'vitest';
import type { FaultEffect } from '#local/simulators/seven-bridges/faults.ts';
import {
  type SevenBridgesSimulator,
  startSevenBridges,
} from '#local/simulators/seven-bridges/server.ts';
import type { SevenBridgesOptions } from '#local/simulators/seven-bridges/switches.ts';
import type { Transport } from '#src/core/ports/transport.ts';
import type { Destination } from '#src/core/transfer/destination.ts';
import { createSevenBridges } from '#src/destinations/seven-bridges/destination.ts';
import { checkSettings } from '#src/destinations/seven-bridges/settings.ts';
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
 * Opens Seven Bridges: the real adapter and transport to a simulator on loopback with the test's clock.
 * Both end with the test.
 */
export async function openSevenBridges(
  clock: ManualClock,
  { chunkSizeBytes, maxBytes }: ServiceOptions,
  switches: Partial<SevenBridgesOptions> = {},
  through: (wire: Wire) => Transport = (wire) => wire,
): Promise<WireService> {
  const simulator = await startSevenBridges({
    ...{ clock, maxBytes, partSize: chunkSizeBytes },
    // A forced start makes a second file of the same name.
    nameTaken: 'rename',
    // The engine ignores the limit here: no limiter is around the adapter.
    callsPerWindow: undefined,
    ...switches,
  });
  onTestFinished(() => simulator.close());
  const wire = openWire(clock);
  const { baseUrl, project, token } = simulator;
  const destination = createSevenBridges({
    transport: through(wire),
    apiKey: { get: async () => token, refresh: async () => token },
    settings: checkSettings({ baseUrl, project, onNameTaken: 'rename' }),
    clock,
    log: { info: () => {}, warn: () => {}, error: () => {} },
    maxBytes,
  });
  return serviceOf(simulator, wire, destination);
}

function serviceOf(
  simulator: SevenBridgesSimulator,
  wire: Wire,
  destination: Destination,
): WireService {
  return {
    ...{ destination, wire, secret: simulator.token, baseUrl: simulator.baseUrl },
    faults: faultsOf(simulator),
    storedSha256: async (fileId) => simulator.storedSha256(fileId),
    assetIds: () => simulator.entries().map(({ id }) => id),
    forgetSessions: () => simulator.forgetUploads(),
    deleteAsset: (fileId) => simulator.deleteFile(fileId),
  };
}

function faultsOf({ faults }: SevenBridgesSimulator): FaultPlan {
  const operations = { open: 'initialize', report: 'report', finish: 'complete' } as const;
  return {
    failSend: (nth, fault) => faults.add({ on: 'put', nth, ...putEffect(fault) }),
    failCall: (call, fault) => faults.add({ on: operations[call], ...callEffect(fault) }),
  };
}

function putEffect(fault: SendFault): FaultEffect {
  return fault.kind === 'throttled'
    ? { kind: 'throttle', seconds: fault.retryAfterSeconds }
    : { kind: fault.kind };
}

function callEffect(fault: CallFault): FaultEffect {
  return fault === 'throttled' ? { kind: 'throttle', seconds: throttleSeconds } : { kind: fault };
}
