import { confirmUpload } from '#src/steps/confirm-upload/confirm-upload.ts';
import { destination } from '../runtime/destination.ts';
import { doorway } from '../runtime/doorway.ts';
import { queue } from '../runtime/queue.ts';
import { source } from '../runtime/source.ts';
import { store } from '../runtime/store.ts';

export const handler = doorway('ConfirmUpload', confirmUpload, () => ({
  store: store(),
  queue: queue(),
  source: source(),
  destination: destination(),
}));
