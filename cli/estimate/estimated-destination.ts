import { chosenDestination, type LocalDefinition } from '#local/commands/destination-options.ts';
import { readOfflineDestination } from '#local/ingest/read-offline-destination.ts';
import { defaultChunksInFlight, maxChunksPerSession } from '#src/core/limits/limits.ts';
import type { Destination } from '#src/core/transfer/destination.ts';
import { maxRangesInFlight } from '#src/core/transfer/in-flight.ts';
import { environmentOf, readSettings, settingsInEnvironment } from '#src/service-api/settings.ts';
import type { Environment } from '../context.ts';

/** A destination, as far as a bill depends on it. It is never called. */
export interface EstimatedDestination {
  /** The service, as people name it. */
  readonly service: string;
  /** Ranges of one object that may be sent at once. */
  readonly rangesAtOnce: number;
  /** Whether the service takes one chunk at a time. */
  readonly isSerial: boolean;
  /** Whether each chunk takes a call of the API. */
  readonly callsPerChunk: boolean;
  /** Returns the size of the chunks of an object; undefined if the service chooses it. */
  chunkBytesOf(sizeBytes: number): number | undefined;
  /** Returns the most bytes of an object, by its key; undefined if its type is not taken. */
  mostBytesOf(key: string, chunkSizeBytes: number): number | undefined;
}

/** Returns the destination of a kind, with the settings of the environment, or those of an example if it has none. */
export function estimatedDestination(kind: string, env: Environment): EstimatedDestination {
  const { definition } = chosenDestination({ destination: kind });
  const variables = settingsFor(definition, env);
  const destination = readOfflineDestination(definition, variables);
  const settings = readSettings(definition, variables);
  const { traits, prepareChunk } = destination;
  return {
    service: definition.title,
    rangesAtOnce: maxRangesInFlight(traits, {}, defaultChunksInFlight),
    isSerial: traits.order === 'ascending',
    callsPerChunk: prepareChunk !== undefined,
    chunkBytesOf: (sizeBytes) => definition.chunkBytesOf?.(sizeBytes, settings),
    mostBytesOf: (key, chunkSizeBytes) => mostBytesOf(destination, key, chunkSizeBytes),
  };
}

function settingsFor(definition: LocalDefinition, env: Environment): Environment {
  const isSet = Object.keys(settingsInEnvironment(definition, env)).length > 0;
  return isSet ? env : environmentOf(definition, definition.example ?? {});
}

function mostBytesOf(
  destination: Destination,
  key: string,
  chunkSizeBytes: number,
): number | undefined {
  try {
    const { maxBytes } = destination.accept({ key });
    return Math.min(chunkSizeBytes * maxChunksPerSession, maxBytes);
  } catch {
    return undefined;
  }
}
