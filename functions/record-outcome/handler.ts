import { recordOutcome } from '#src/steps/record-outcome/record-outcome.ts';
import { doorway } from '../runtime/doorway.ts';
import { events } from '../runtime/events.ts';
import { queue } from '../runtime/queue.ts';
import { store } from '../runtime/store.ts';

export const handler = doorway('RecordOutcome', recordOutcome, () => ({
  store: store(),
  queue: queue(),
  events: events(),
}));
