import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { Destination } from '#src/core/transfer/destination.ts';
import type { AnyDefinition, BaseSettings, DestinationResources } from './definition.ts';

const offline = async () => {
  throw new TransferError('UnexpectedError', 'A destination without a connection was called');
};

/**
 * Creates a destination without a connection and without a key, for its identity and its rules about
 * objects. Its methods that call the service fail.
 */
export function createOfflineDestination(
  definition: AnyDefinition,
  settings: BaseSettings,
  resources: Pick<DestinationResources, 'clock' | 'log'>,
): Destination {
  return definition.create(settings, {
    ...resources,
    transport: { send: offline },
    apiKey: { get: offline, refresh: offline },
  });
}
