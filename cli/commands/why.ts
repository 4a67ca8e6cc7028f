import { Command } from 'commander';
import type { Flags } from '../actions/why.ts';
import { addExamples, addJsonOption, addPlaceOptions } from '../options.ts';
import type { CreateCommand } from './registry.ts';

/** Creates `chunkferry why`. */
export const whyCommand: CreateCommand = (context, onEnd) => {
  const command = new Command()
    .description(
      'Explains why a transfer failed or waits: the step, the named error with its value, the last errors of its ranges with their chunks, the retries, and what the runbook says to do.',
    )
    .argument('<transfer>', 'its id, the beginning of its id, or s3://bucket/key')
    .action(async (name: string, flags: Flags) => {
      const { why } = await import('../actions/why.ts');
      onEnd(await why(name, flags, context));
    });
  addJsonOption(addPlaceOptions(command));
  return addExamples(command, [['why 0544e5e25392', 'what failed, and what to do']]);
};
