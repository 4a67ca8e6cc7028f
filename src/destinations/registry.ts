import { TransferError } from '#src/core/errors/errors.ts';
import type { Destination } from '#src/core/transfer/destination.ts';
import { createTwelveLabs, type TwelveLabsOptions } from './twelvelabs/destination.ts';

/** The options of every destination. */
export type DestinationOptions = TwelveLabsOptions;

/** The only list of destinations. */
const factories = {
  twelvelabs: createTwelveLabs,
} as const satisfies Record<string, (options: DestinationOptions) => Destination>;

export type DestinationName = keyof typeof factories;

/** Every destination's name. */
export const destinationNames = Object.keys(factories) as readonly DestinationName[];

/**
 * Creates a destination by its name.
 * @throws ConfigurationError - the name is unknown
 */
export function createDestination(name: string, options: DestinationOptions): Destination {
  if (isDestinationName(name)) return factories[name](options);
  throw new TransferError(
    'ConfigurationError',
    `Unknown destination ${JSON.stringify(name)}: must be one of ${destinationNames.join(', ')}.`,
  );
}

function isDestinationName(name: string): name is DestinationName {
  return Object.hasOwn(factories, name);
}
