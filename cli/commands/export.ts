import { Command } from 'commander';
import { type Context, jsonResult, note, result } from '../context.ts';
import { addConfigurationOptions, contextOf, type StackConfiguration } from '../context-options.ts';
import type { Ending } from '../exit-codes.ts';
import { exportStack } from '../export/export-stack.ts';
import { addExamples, addJsonOption } from '../options.ts';
import type { CreateCommand } from './registry.ts';

interface Flags extends StackConfiguration {
  readonly out: string;
  readonly json?: boolean;
}

/** Creates `chunkferry export`. */
export const exportCommand: CreateCommand = (context, onEnd) => {
  const command = addConfigurationOptions(new Command())
    .description(
      'Writes the template of the stack, the zipped code of its functions, a Terraform configuration, and the commands that deploy them without the CDK. Needs no account.',
    )
    .requiredOption('--out <folder>', 'folder for the files')
    .action(async (flags: Flags) => onEnd(await writeExport(flags, context)));
  return addExamples(addJsonOption(command), [
    ['export --out chunkferry-stack --source-bucket my-videos', 'writes into chunkferry-stack'],
  ]);
};

async function writeExport(flags: Flags, context: Context): Promise<Ending> {
  const { out, json } = flags;
  const { stack, files } = await exportStack(contextOf(flags), out);
  if (json) jsonResult(context, { version: 1, stack, folder: out, files });
  else result(context, files.map((file) => `${out}/${file}`).join('\n'));
  note(context, `Wrote the stack ${stack}. ${out}/README.md has the commands that deploy it.`);
  return 'done';
}
