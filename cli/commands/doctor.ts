import { Command } from 'commander';
import type { Flags } from '../actions/doctor.ts';
import { addExamples, addJsonOption, addStackOptions } from '../options.ts';
import type { CreateCommand } from './registry.ts';

/** Creates `chunkferry doctor`. */
export const doctorCommand: CreateCommand = (context, onEnd) => {
  const command = new Command()
    .description(
      'Checks a deployed stack before the first file: every permission, key, bucket setting and quota, with the role that needs it. Moves nothing.',
    )
    .action(async (flags: Flags) => {
      const { doctor } = await import('../actions/doctor.ts');
      onEnd(await doctor(flags, context));
    });
  return addExamples(addJsonOption(addStackOptions(command)), [
    ['doctor', 'checks the stack Chunkferry'],
    ['doctor --stack Genomes --profile work', 'another stack, with the credentials of a profile'],
  ]);
};
