import { openSession } from '#src/steps/open-session/open-session.ts';
import { createContainer } from '../runtime/container.ts';
import { destination } from '../runtime/destination.ts';
import { events } from '../runtime/events.ts';
import { executions } from '../runtime/executions.ts';
import { createStepHandler } from '../runtime/handler.ts';
import { settings } from '../runtime/settings.ts';
import { queue, store } from '../runtime/table.ts';

export const createHandler = createStepHandler('OpenSession', openSession, {
  store,
  queue,
  destination,
  executions,
  events,
  settings,
});

export const handler = createHandler(createContainer(process.env));
