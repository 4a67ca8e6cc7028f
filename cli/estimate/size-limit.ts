import { chosenDestination } from '#local/commands/destination-options.ts';
import { systemClock } from '#src/config/system-clock.ts';
import { maxChunksPerSession } from '#src/core/limits/limits.ts';
import { readSettings } from '#src/service-api/settings.ts';
import type { Environment } from '../context.ts';

/** The largest object that can be moved. */
export interface SizeLimit {
  /** The service, as people name it. */
  readonly service: string;
  /** Returns the most bytes of an object, by its key. */
  mostBytes(key: string): number;
}

/** Returns the limit of the default service with the settings of the environment, and of the chunks of a session. */
export function sizeLimit(chunkSizeBytes: number, env: Environment): SizeLimit {
  const { definition, environment } = chosenDestination({});
  const unused = () => Promise.reject(new Error('An estimate calls no service.'));
  const destination = definition.create(readSettings(definition, { ...env, ...environment }), {
    transport: { send: unused },
    apiKey: { get: unused, refresh: unused },
    clock: systemClock,
    log: { info() {}, warn() {}, error() {} },
  });
  const bySession = chunkSizeBytes * maxChunksPerSession;
  return {
    service: definition.title,
    mostBytes: (key) => {
      try {
        return Math.min(bySession, destination.accept({ key }).maxBytes);
      } catch {
        return bySession;
      }
    },
  };
}
