import { reportProofs } from '#src/steps/report-proofs/report-proofs.ts';
import { destination } from '../runtime/destination.ts';
import { doorway } from '../runtime/doorway.ts';
import { store } from '../runtime/store.ts';

export const handler = doorway('ReportProofs', reportProofs, () => ({
  store: store(),
  destination: destination(),
}));
