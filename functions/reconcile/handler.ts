import { reconcile } from '#src/reconciler/reconcile.ts';
import { createContainer } from '../runtime/container.ts';
import { destination } from '../runtime/destination.ts';
import { events } from '../runtime/events.ts';
import { executions } from '../runtime/executions.ts';
import { createReconcilerHandler } from '../runtime/handler.ts';
import { queue, store } from '../runtime/table.ts';

export const createHandler = createReconcilerHandler('Reconcile', reconcile, {
  store,
  queue,
  events,
  destination,
  executions,
});

export const handler = createHandler(createContainer(process.env));
