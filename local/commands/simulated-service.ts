import { environmentKeys as keys } from '#src/config/environment-keys.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { destinations } from '#src/destinations/registry.ts';
import type { AnyDefinition } from '#src/service-api/definition.ts';
import { environmentOf } from '#src/service-api/settings.ts';
import type { Sample, SimulatorEntry } from '../simulators/entry.ts';

/** A simulated destination, as a command uses it. */
export interface SimulatedService {
  /** The variables with which a local run calls it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Returns the SHA-256 of what arrived, in lower-case hex. */
  storedSha256(assetId: string): Promise<string>;
  close(): Promise<void>;
}

/** The simulator of a destination. */
export interface Simulator {
  /** The file that the demo makes. */
  readonly sample: Sample;
  /** Starts it on free ports of loopback. */
  start(): Promise<SimulatedService>;
}

const film: Sample = {
  key: 'archive/sample film.mp4',
  contentType: 'video/mp4',
  size: '256MiB',
  noun: 'a film',
};

/**
 * Returns the simulator of a destination. Loads no other one.
 * @throws ConfigurationError - the destination has no simulator
 */
export async function simulatorOf(definition: AnyDefinition): Promise<Simulator> {
  const { kind, simulator } = definition;
  if (simulator === undefined) throw noSimulatorError(kind);
  const { entry }: { entry: SimulatorEntry } = await import(`../simulators/${simulator}/entry.ts`);
  return { sample: entry.sample ?? film, start: () => startService(definition, entry) };
}

async function startService(
  definition: AnyDefinition,
  { start }: SimulatorEntry,
): Promise<SimulatedService> {
  const { secret, settings, ...simulator } = await start();
  return {
    environment: {
      [keys.destination]: definition.kind,
      [definition.secret.variable]: secret,
      ...environmentOf(definition, settings),
    },
    storedSha256: async (assetId) => simulator.storedSha256(assetId),
    close: () => simulator.close(),
  };
}

function noSimulatorError(kind: string): TransferError {
  const kinds = destinations
    .filter(({ simulator }) => simulator !== undefined)
    .map((one) => JSON.stringify(one.kind));
  const message = `Invalid destination ${JSON.stringify(kind)}: it has no simulator. Name one of ${kinds.join(', ')}`;
  return new TransferError('ConfigurationError', message);
}
