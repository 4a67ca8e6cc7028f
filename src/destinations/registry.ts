import { TransferError } from '#src/core/errors/errors.ts';
import type { Destination } from '#src/core/transfer/destination.ts';
import { createTwelveLabs, type TwelveLabsOptions } from './twelvelabs/destination.ts';

/** What a destination is made of. */
export type DestinationOptions = TwelveLabsOptions;

/** The only list of destinations. */
const factories = {
  twelvelabs: createTwelveLabs,
} as const satisfies Record<string, (options: DestinationOptions) => Destination>;

export type DestinationName = keyof typeof factories;

/** Every destination's name. */
export const destinationNames = Object.keys(factories) as readonly DestinationName[];

/**
 * Makes the destination of that name.
 * @throws ConfigurationError - there is none of that name
 */
export function createDestination(name: string, options: DestinationOptions): Destination {
  if (isDestinationName(name)) return factories[name](options);
  throw new TransferError(
    'ConfigurationError',
    `no destination is called ${JSON.stringify(name)}; there is ${destinationNames.join(', ')}`,
  );
}

function isDestinationName(name: string): name is DestinationName {
  return Object.hasOwn(factories, name);
}
