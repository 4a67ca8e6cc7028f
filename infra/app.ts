import { App } from 'aws-cdk-lib';
import { SourceAccountStack } from '#infra/stacks/source-account-stack.ts';
import { TransferStack } from '#infra/stacks/transfer-stack.ts';
import { isTransferError } from '#src/core/errors/errors.ts';
import type { Context } from './context/key-fields.ts';
import { stackKind } from './context/keys.ts';
import { sourceAccountProps } from './context/source-account.ts';
import { transferProps } from './context/transfers.ts';

/** The app of cdk.json: creates the stack that the context chooses. An invalid value ends it with one line. */
try {
  // With autoSynth an App would also synthesize the incomplete stack after an invalid value.
  const app = new App({ autoSynth: false });
  const context: Context = app.node.getAllContext();
  if (stackKind(context) === 'source-account') {
    new SourceAccountStack(app, 'ChunkferrySource', sourceAccountProps(context));
  } else {
    const props = transferProps(context);
    new TransferStack(app, props.stackName ?? 'Chunkferry', props);
  }
  app.synth();
} catch (error) {
  if (!isTransferError(error)) throw error;
  console.error(`${error.name}: ${error.message}`);
  process.exitCode = 1;
}
