import { confirmUpload } from '#src/steps/confirm-upload.ts';
import { destination } from '../runtime/destination.ts';
import { doorway } from '../runtime/doorway.ts';
import { source } from '../runtime/source.ts';
import { store } from '../runtime/store.ts';
import { turns } from '../runtime/turns.ts';

export const handler = doorway('ConfirmUpload', confirmUpload, () => ({
  store: store(),
  turns: turns(),
  source: source(),
  destination: destination(),
}));
