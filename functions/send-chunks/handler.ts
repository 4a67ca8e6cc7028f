import { sendChunks } from '#src/steps/send-chunks/send-chunks.ts';
import { concurrency } from '../runtime/concurrency.ts';
import { destination } from '../runtime/destination.ts';
import { doorway } from '../runtime/doorway.ts';
import { newCrc } from '../runtime/new-crc.ts';
import { sourceProbe } from '../runtime/probe.ts';
import { queue } from '../runtime/queue.ts';
import { settings } from '../runtime/settings.ts';
import { source } from '../runtime/source.ts';
import { store } from '../runtime/store.ts';

export const handler = doorway('SendChunks', sendChunks, () => ({
  store: store(),
  queue: queue(),
  source: source(),
  destination: destination(),
  settings: settings(),
  probes: sourceProbe(),
  newCrc,
  concurrency: concurrency(),
}));
