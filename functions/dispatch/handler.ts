import { runDispatcher } from '#src/queue/run-dispatcher.ts';
import { events } from '../runtime/events.ts';
import { executions } from '../runtime/executions.ts';
import { queue } from '../runtime/queue.ts';
import { reconciling } from '../runtime/reconciling.ts';
import { settings } from '../runtime/settings.ts';
import { starter } from '../runtime/starter.ts';
import { store } from '../runtime/store.ts';

export const handler = reconciling('Dispatch', runDispatcher, () => ({
  store: store(),
  queue: queue(),
  events: events(),
  executions: executions(),
  settings: settings(),
  starter: starter(),
}));
