import { sendChunks } from '#src/steps/send-chunks.ts';
import { destination } from '../runtime/destination.ts';
import { doorway } from '../runtime/doorway.ts';
import { newCrc } from '../runtime/new-crc.ts';
import { settings } from '../runtime/settings.ts';
import { source } from '../runtime/source.ts';
import { store } from '../runtime/store.ts';

export const handler = doorway('SendChunks', sendChunks, () => ({
  store: store(),
  source: source(),
  destination: destination(),
  settings: settings(),
  newCrc,
}));
