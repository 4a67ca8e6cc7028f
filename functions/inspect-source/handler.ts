import { inspectSource } from '#src/steps/inspect-source/inspect-source.ts';
import { createContainer } from '../runtime/container.ts';
import { createStepHandler } from '../runtime/handler.ts';
import { allProbes } from '../runtime/probes.ts';
import { settings } from '../runtime/settings.ts';
import { unlimitedDestination } from '../runtime/unlimited-destination.ts';
import { locallyLimitedSource } from './locally-limited-source.ts';

/** InspectSource reads only the limits of the destination, which needs no call. */
export const createHandler = createStepHandler('InspectSource', inspectSource, {
  source: locallyLimitedSource,
  destination: unlimitedDestination,
  settings,
  probes: allProbes,
});

export const handler = createHandler(createContainer(process.env));
