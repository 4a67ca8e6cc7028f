import { confirmUpload } from '#src/steps/confirm-upload/confirm-upload.ts';
import { createContainer } from '../runtime/container.ts';
import { destination } from '../runtime/destination.ts';
import { createStepHandler } from '../runtime/handler.ts';
import { settings } from '../runtime/settings.ts';
import { source } from '../runtime/source.ts';
import { sourceProbes } from '../runtime/source-probes.ts';
import { queue, store } from '../runtime/table.ts';

export const createHandler = createStepHandler('ConfirmUpload', confirmUpload, {
  store,
  queue,
  source,
  destination,
  settings,
  probes: sourceProbes,
});

export const handler = createHandler(createContainer(process.env));
