import { Command } from 'commander';
import type { CreateCommand } from './registry.ts';

/** Creates `chunkferry app`. */
export const appCommand: CreateCommand = (_context, onEnd) => {
  const command = new Command()
    .description(
      'Synthesizes the stack where the CDK expects it. Use it as the app of the CDK command line, which passes the context.',
    )
    .action(async () => {
      const { createApp } = await import('#infra/create-app.ts');
      createApp().synth();
      onEnd('done');
    });
  const example = 'npx cdk deploy --app "npx -y chunkferry app" -c sourceBuckets=my-videos';
  return command.addHelpText('after', `\nExample:\n  $ ${example}`);
};
