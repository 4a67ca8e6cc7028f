import { Command } from 'commander';
import { addSettingOptions } from '#local/commands/destination-options.ts';
import type { Flags } from '../actions/orphans.ts';
import { addExamples, addJsonOption, addStackOptions } from '../options.ts';
import type { CreateCommand } from './registry.ts';

/** Creates `chunkferry orphans`. */
export const orphansCommand: CreateCommand = (context, onEnd) => {
  const command = new Command()
    .description(
      'Lists the unfinished upload sessions at the service that no transfer knows. Their replies were lost, or another program uploads with the same key. Reads the key from the secret of the stack. Changes nothing.',
    )
    .action(async (flags: Flags) => {
      const { orphans } = await import('../actions/orphans.ts');
      onEnd(await orphans(flags, context));
    });
  addSettingOptions(addJsonOption(addStackOptions(command)));
  return addExamples(command, [
    ['orphans', 'with the settings of the service that the environment has, or the default'],
    ['orphans --base-url https://eu.example.com/v1.3', 'at another server than the default'],
  ]);
};
