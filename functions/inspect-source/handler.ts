import { inspectSource } from '#src/steps/inspect-source/inspect-source.ts';
import { createContainer } from '../runtime/container.ts';
import { createStepHandler } from '../runtime/handler.ts';
import { settings } from '../runtime/settings.ts';
import { sourceProbes } from '../runtime/source-probes.ts';
import { locallyLimitedSource } from './locally-limited-source.ts';
import { optionRules } from './option-rules.ts';
import { uncalledDestination } from './uncalled-destination.ts';

export const createHandler = createStepHandler('InspectSource', inspectSource, {
  source: locallyLimitedSource,
  destination: uncalledDestination,
  optionRules,
  settings,
  probes: sourceProbes,
});

export const handler = createHandler(createContainer(process.env));
