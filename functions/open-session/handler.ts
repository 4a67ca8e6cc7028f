import { openSession } from '#src/steps/open-session/open-session.ts';
import { destination } from '../runtime/destination.ts';
import { doorway } from '../runtime/doorway.ts';
import { events } from '../runtime/events.ts';
import { executions } from '../runtime/executions.ts';
import { queue } from '../runtime/queue.ts';
import { settings } from '../runtime/settings.ts';
import { store } from '../runtime/store.ts';

export const handler = doorway('OpenSession', openSession, () => ({
  store: store(),
  queue: queue(),
  destination: destination(),
  executions: executions(),
  events: events(),
  settings: settings(),
}));
