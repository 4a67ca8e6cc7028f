import { TransferError } from '#src/core/errors/errors.ts';
import type { Destination } from '#src/core/transfer/destination.ts';
import type { AnyDefinition, DestinationResources } from '#src/service-api/definition.ts';
import { readSettings } from '#src/service-api/settings.ts';
import { systemClock } from '#src/system/system-clock.ts';

const uncalled = async () => {
  throw new TransferError('UnexpectedError', 'a check of the settings called the service');
};

const resources: DestinationResources = {
  transport: { send: uncalled },
  apiKey: { get: uncalled, refresh: uncalled },
  clock: systemClock,
  log: { info() {}, warn() {}, error() {} },
};

/**
 * Creates a destination that makes no call: for its rules about objects, and to check its settings.
 * @throws ConfigurationError - a setting is invalid
 */
export function createUncalledDestination(
  definition: AnyDefinition,
  env: Readonly<Record<string, string | undefined>>,
): Destination {
  return definition.create(readSettings(definition, env), resources);
}
