import { recordOutcome } from '#src/steps/record-outcome/record-outcome.ts';
import { createContainer } from '../runtime/container.ts';
import { events } from '../runtime/events.ts';
import { createStepHandler } from '../runtime/handler.ts';
import { settings } from '../runtime/settings.ts';
import { queue, store } from '../runtime/table.ts';
import { quotaProbes } from './quota-probes.ts';

export const createHandler = createStepHandler('RecordOutcome', recordOutcome, {
  store,
  queue,
  events,
  settings,
  probes: quotaProbes,
});

export const handler = createHandler(createContainer(process.env));
