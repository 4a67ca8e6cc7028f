import { runDispatcher } from '#src/admission/run-dispatcher.ts';
import { createContainer } from '../runtime/container.ts';
import { events } from '../runtime/events.ts';
import { executions, starter } from '../runtime/executions.ts';
import { createReconcilerHandler } from '../runtime/handler.ts';
import { settings } from '../runtime/settings.ts';
import { queue, store } from '../runtime/table.ts';

export const createHandler = createReconcilerHandler('Dispatch', runDispatcher, {
  store,
  queue,
  events,
  executions,
  settings,
  starter,
});

export const handler = createHandler(createContainer(process.env));
