import { Command } from 'commander';
import type { Flags } from '../actions/export.ts';
import { addConfigurationOptions } from '../context-options.ts';
import { addExamples, addJsonOption } from '../options.ts';
import type { CreateCommand } from './registry.ts';

/** Creates `chunkferry export`. */
export const exportCommand: CreateCommand = (context, onEnd) => {
  const command = addConfigurationOptions(new Command())
    .description(
      'Writes the template of the stack, the zipped code of its functions, a Terraform configuration, and the commands that deploy them without the CDK. Needs no account.',
    )
    .requiredOption('--out <folder>', 'folder for the files')
    .action(async (flags: Flags) => {
      const { writeExport } = await import('../actions/export.ts');
      onEnd(await writeExport(flags, context));
    });
  return addExamples(addJsonOption(command), [
    ['export --out chunkferry-stack --source-bucket my-videos', 'writes into chunkferry-stack'],
  ]);
};
