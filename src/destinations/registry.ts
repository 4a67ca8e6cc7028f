import type * as z from 'zod/mini';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { AnyDefinition } from '#src/service-api/definition.ts';
import { selfCommunity } from './selfcommunity/definition.ts';
import { sevenBridges } from './seven-bridges/definition.ts';
import { twelveLabs } from './twelvelabs/definition.ts';

/** The only list of destinations. The first is the default. */
const definitions = [twelveLabs, sevenBridges, selfCommunity] as const;

type Listed = (typeof definitions)[number];

/** The name of a destination in the configuration. */
export type DestinationKind = Listed['kind'];

/** Every destination. */
export const destinations: readonly AnyDefinition<DestinationKind>[] = definitions;

/** The destination of a stack or run that names none. */
export const defaultKind = definitions[0].kind satisfies DestinationKind;

/** The settings of each destination, as a user writes them. */
export type SettingsOf = {
  readonly [D in Listed as D['kind']]: Readonly<z.input<D['schema']>>;
};

/**
 * Returns the definition of a destination.
 * @param name - how the user wrote the setting, for the message
 * @throws ConfigurationError - the kind is unknown
 */
export function definitionOf(kind: string, name: string): AnyDefinition<DestinationKind> {
  const found = destinations.find((one) => one.kind === kind);
  if (found) return found;
  const kinds = destinations.map((one) => JSON.stringify(one.kind)).join(', ');
  const message = `Invalid ${name} ${JSON.stringify(kind)}: must be one of ${kinds}.`;
  throw new TransferError('ConfigurationError', message);
}
