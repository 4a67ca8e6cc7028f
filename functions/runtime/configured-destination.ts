import { environmentKeys as keys } from '#src/config/environment-keys.ts';
import { type DestinationKind, defaultKind, definitionOf } from '#src/destinations/registry.ts';
import type { AnyDefinition, BaseSettings } from '#src/service-api/definition.ts';
import { readSettings } from '#src/service-api/settings.ts';
import type { Environment } from './container.ts';

/** The destination that the environment names, with its settings. */
export interface ConfiguredDestination {
  readonly definition: AnyDefinition<DestinationKind>;
  readonly settings: BaseSettings;
}

/** @throws ConfigurationError - an unknown destination, or an invalid setting of it */
export function configuredDestination(env: Environment): ConfiguredDestination {
  const definition = definitionOf(env[keys.destination] || defaultKind, keys.destination);
  return { definition, settings: readSettings(definition, env) };
}
