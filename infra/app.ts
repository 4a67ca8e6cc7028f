import { isTransferError } from '#src/core/errors/transfer-error.ts';
import { createApp } from './create-app.ts';

/** The app of cdk.json. An invalid value ends it with one line. */
try {
  createApp().synth();
} catch (error) {
  if (!isTransferError(error)) throw error;
  console.error(`${error.name}: ${error.message}`);
  process.exitCode = 1;
}
