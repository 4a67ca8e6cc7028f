import { recordOutcome } from '#src/steps/record-outcome.ts';
import { doorway } from '../runtime/doorway.ts';
import { events } from '../runtime/events.ts';
import { store } from '../runtime/store.ts';
import { turns } from '../runtime/turns.ts';

export const handler = doorway('RecordOutcome', recordOutcome, () => ({
  store: store(),
  turns: turns(),
  events: events(),
}));
