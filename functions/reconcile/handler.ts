import { reconcile } from '#src/steps/settle.ts';
import { destination } from '../runtime/destination.ts';
import { events } from '../runtime/events.ts';
import { executions } from '../runtime/executions.ts';
import { reconciling } from '../runtime/reconciling.ts';
import { store } from '../runtime/store.ts';
import { turns } from '../runtime/turns.ts';

export const handler = reconciling('Reconcile', reconcile, () => ({
  store: store(),
  turns: turns(),
  events: events(),
  destination: destination(),
  executions: executions(),
}));
