import { environmentKeys as keys } from '#src/config/environment-keys.ts';
import { TransferError } from '#src/core/errors/errors.ts';
import type { AnyDefinition } from '#src/service-api/definition.ts';
import { environmentOf } from '#src/service-api/settings.ts';

/** The file that the demo makes. */
export interface Sample {
  readonly key: string;
  readonly contentType: string;
  /** Its size, unless the user names another one. */
  readonly size: string;
  /** What it is, in a sentence: "a film". */
  readonly noun: string;
}

/** A simulated destination, as a command uses it. */
export interface SimulatedService {
  /** The variables with which a local run calls it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Returns the SHA-256 of what arrived, in lower-case hex. */
  storedSha256(assetId: string): Promise<string>;
  close(): Promise<void>;
}

/** A started simulator, with its settings in place of their variables. */
interface Simulator extends Pick<SimulatedService, 'close'> {
  readonly secret: string;
  readonly settings: Readonly<Record<string, unknown>>;
  storedSha256(assetId: string): string | Promise<string>;
}

const film: Sample = {
  key: 'archive/sample film.mp4',
  contentType: 'video/mp4',
  size: '256MiB',
  noun: 'a film',
};

/** The samples of destinations that take no film of this size. */
const samples: Readonly<Record<string, Sample>> = {
  selfcommunity: {
    key: 'archive/sample photo.jpg',
    contentType: 'image/jpeg',
    size: '4MB',
    noun: 'an image',
  },
};

/** Returns the file that the demo makes for a destination. */
export function sampleOf(kind: string): Sample {
  return samples[kind] ?? film;
}

/**
 * How to start the simulator of a destination, by its kind. A destination may have none. A command loads only
 * the simulator that it starts.
 */
const starters: Readonly<Record<string, () => Promise<Simulator>>> = {
  async twelvelabs() {
    const { startTwelveLabs } = await import('../simulators/twelvelabs/server.ts');
    const simulator = await startTwelveLabs({ assetReadyAfterMs: 1000 });
    const { apiKey, baseUrl } = simulator;
    return { ...simulator, secret: apiKey, settings: { baseUrl } };
  },
  async 'seven-bridges'() {
    const { startSevenBridges } = await import('../simulators/seven-bridges/server.ts');
    const simulator = await startSevenBridges();
    const { token, baseUrl, project } = simulator;
    return { ...simulator, secret: token, settings: { baseUrl, project } };
  },
  async selfcommunity() {
    const { startSelfCommunity } = await import('../simulators/selfcommunity/server.ts');
    const simulator = await startSelfCommunity();
    const { baseUrl } = simulator;
    return { ...simulator, secret: simulator.secret(), settings: { baseUrl } };
  },
};

/**
 * Starts the simulator of a destination on free ports of loopback.
 * @throws ConfigurationError - the destination has no simulator
 */
export async function startService(definition: AnyDefinition): Promise<SimulatedService> {
  const start = starters[definition.kind];
  if (!start) throw noSimulatorError(definition);
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

function noSimulatorError({ kind }: AnyDefinition): TransferError {
  const kinds = Object.keys(starters).map((one) => JSON.stringify(one));
  const message = `Invalid destination ${JSON.stringify(kind)}: it has no simulator. Name one of ${kinds.join(', ')}`;
  return new TransferError('ConfigurationError', message);
}
