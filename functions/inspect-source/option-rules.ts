import { destinations } from '#src/destinations/registry.ts';
import { optionRulesOf } from '#src/service-api/transfer-options.ts';
import { configuredDestination } from '../runtime/configured-destination.ts';
import type { PortPart } from '../runtime/container.ts';

/** How the options of the stack's destination are read from an input. */
export const optionRules: PortPart<'optionRules'> = {
  port: 'optionRules',
  build: ({ env }) => optionRulesOf(configuredDestination(env).definition, destinations),
};
