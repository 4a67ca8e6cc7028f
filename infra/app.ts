import { App } from 'aws-cdk-lib';
import { isTransferError } from '#src/core/errors.ts';
import { propsFromContext } from './context.ts';
import { TransferStack } from './transfer-stack.ts';

/** The entry of cdk.json: context in, one stack out. A wrong value is one line, not a stack trace. */
try {
  // Left to itself, an App would also synthesize the half that stood when a value was refused.
  const app = new App({ autoSynth: false });
  new TransferStack(app, 'Chunkferry', propsFromContext(app.node));
  app.synth();
} catch (error) {
  if (!isTransferError(error)) throw error;
  console.error(`${error.name}: ${error.message}`);
  process.exitCode = 1;
}
