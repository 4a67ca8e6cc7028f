import { reportProofs } from '#src/steps/report-proofs/report-proofs.ts';
import { createContainer } from '../runtime/container.ts';
import { destination } from '../runtime/destination.ts';
import { createStepHandler } from '../runtime/handler.ts';
import { store } from '../runtime/table.ts';

export const createHandler = createStepHandler('ReportProofs', reportProofs, {
  store,
  destination,
});

export const handler = createHandler(createContainer(process.env));
