import { openSession } from '#src/steps/open-session.ts';
import { destination } from '../runtime/destination.ts';
import { doorway } from '../runtime/doorway.ts';
import { executions } from '../runtime/executions.ts';
import { settings } from '../runtime/settings.ts';
import { store } from '../runtime/store.ts';

export const handler = doorway('OpenSession', openSession, () => ({
  store: store(),
  destination: destination(),
  executions: executions(),
  settings: settings(),
}));
