import { createOfflineDestination } from '#src/service-api/offline-destination.ts';
import { inspectSource } from '#src/steps/inspect-source/inspect-source.ts';
import { configuredDestination } from '../runtime/configured-destination.ts';
import { createContainer, type PortPart } from '../runtime/container.ts';
import { createStepHandler } from '../runtime/handler.ts';
import { createSandboxLog } from '../runtime/log.ts';
import { settings } from '../runtime/settings.ts';
import { sourceProbes } from '../runtime/source-probes.ts';
import { locallyLimitedSource } from './locally-limited-source.ts';
import { optionRules } from './option-rules.ts';

/**
 * The destination for its identity and its rules. InspectSource has no permission for the secret and calls
 * no service, so its bundle leaves out the client of Secrets Manager.
 */
const destination: PortPart<'destination'> = {
  port: 'destination',
  build: (container) => {
    const { definition, settings: fields } = configuredDestination(container.env);
    const log = createSandboxLog(container);
    return createOfflineDestination(definition, fields, { clock: container.clock, log });
  },
};

export const createHandler = createStepHandler('InspectSource', inspectSource, {
  source: locallyLimitedSource,
  destination,
  optionRules,
  settings,
  probes: sourceProbes,
});

export const handler = createHandler(createContainer(process.env));
