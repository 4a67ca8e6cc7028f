import { reconcile } from '#src/reconciler/reconcile.ts';
import { destination } from '../runtime/destination.ts';
import { events } from '../runtime/events.ts';
import { executions } from '../runtime/executions.ts';
import { queue } from '../runtime/queue.ts';
import { reconciling } from '../runtime/reconciling.ts';
import { store } from '../runtime/store.ts';

export const handler = reconciling('Reconcile', reconcile, () => ({
  store: store(),
  queue: queue(),
  events: events(),
  destination: destination(),
  executions: executions(),
}));
