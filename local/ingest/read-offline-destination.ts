import type { Destination } from '#src/core/transfer/destination.ts';
import type { AnyDefinition } from '#src/service-api/definition.ts';
import { createOfflineDestination } from '#src/service-api/offline-destination.ts';
import { readSettings } from '#src/service-api/settings.ts';
import { systemClock } from '#src/system/system-clock.ts';

const resources = { clock: systemClock, log: { info() {}, warn() {}, error() {} } };

/**
 * Returns an offline destination with the settings of the environment.
 * @throws ConfigurationError - a setting is invalid
 */
export function readOfflineDestination(
  definition: AnyDefinition,
  env: Readonly<Record<string, string | undefined>>,
): Destination {
  return createOfflineDestination(definition, readSettings(definition, env), resources);
}
