import { TransferError } from '#src/core/errors/errors.ts';
import { configuredDestination } from '../runtime/configured-destination.ts';
import type { PortPart } from '../runtime/container.ts';
import { createSandboxLog } from '../runtime/log.ts';

const unused = async () => {
  throw new TransferError('UnexpectedError', 'InspectSource called the destination');
};

/**
 * The destination for its identity and its rules. InspectSource has no permission for the secret and calls
 * no service, so its bundle leaves out the client of Secrets Manager.
 */
export const uncalledDestination: PortPart<'destination'> = {
  port: 'destination',
  build: (container) => {
    const { definition, settings } = configuredDestination(container.env);
    return definition.create(settings, {
      transport: { send: unused },
      apiKey: { get: unused, refresh: unused },
      clock: container.clock,
      log: createSandboxLog(container),
    });
  },
};
