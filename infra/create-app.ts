import { App, type AppProps } from 'aws-cdk-lib';
import { SourceAccountStack } from '#infra/stacks/source-account-stack.ts';
import { TransferStack } from '#infra/stacks/transfer-stack.ts';
import cdk from '../cdk.json' with { type: 'json' };
import { stackKind } from './context/context-values.ts';
import type { Context } from './context/key-fields.ts';
import { sourceAccountProps } from './context/source-account.ts';
import { transferProps } from './context/transfers.ts';

/**
 * Creates the app with the stack that the context chooses. The CDK CLI adds its own context.
 * @throws ConfigurationError - the context has an unknown key or an invalid value
 */
export function createApp(props: Pick<AppProps, 'outdir' | 'context'> = {}): App {
  const app = new App({
    ...props,
    context: { ...cdk.context, ...props.context },
    analyticsReporting: false,
    // With autoSynth an App would also synthesize the incomplete stack after an invalid value.
    autoSynth: false,
  });
  addStack(app, app.node.getAllContext());
  return app;
}

function addStack(app: App, context: Context): void {
  if (stackKind(context) === 'source-account') {
    new SourceAccountStack(app, 'ChunkferrySource', sourceAccountProps(context));
    return;
  }
  const props = transferProps(context);
  new TransferStack(app, props.stackName ?? 'Chunkferry', props);
}
