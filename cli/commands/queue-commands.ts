import { Command } from 'commander';
import type { Flags } from '../actions/queue-commands.ts';
import { addExamples, addJsonOption, addStackOptions } from '../options.ts';
import type { CreateCommand } from './registry.ts';

function addCommonOptions(command: Command): Command {
  return addJsonOption(addStackOptions(command)).option('--yes', 'do not ask');
}

/** Creates `chunkferry cancel`. */
export const cancelCommand: CreateCommand = (context, onEnd) => {
  const command = new Command()
    .description(
      'Ends one transfer on purpose: a queued one at once, an active one before its next chunk, in about a minute. It is no failure. A later start continues from its proofs while its upload session lasts.',
    )
    .argument('<transfer>', 'its id, the beginning of its id, or s3://bucket/key')
    .action(async (name: string, flags: Flags) => {
      const { cancel } = await import('../actions/queue-commands.ts');
      onEnd(await cancel(name, flags, context));
    });
  return addExamples(addCommonOptions(command), [['cancel 0544e5e25392', 'asks, then cancels']]);
};

/** Creates `chunkferry pause`. */
export const pauseCommand: CreateCommand = (context, onEnd) => {
  const command = new Command()
    .description(
      'Holds the whole stack until resume, also across deployments. New objects are queued. Active transfers complete, or stop before their next chunk with --stop.',
    )
    .option('--stop', 'stop active transfers before their next chunk, and queue them')
    .action(async (flags: Flags) => {
      const { pause } = await import('../actions/queue-commands.ts');
      onEnd(await pause(flags, context));
    });
  return addExamples(addCommonOptions(command), [
    ['pause', 'asks, then lets active transfers complete and starts no other'],
    ['pause --stop --yes', 'for a script that needs the link free within a minute'],
  ]);
};

/** Creates `chunkferry resume`. */
export const resumeCommand: CreateCommand = (context, onEnd) => {
  const command = new Command()
    .description('Ends a pause. The first queued transfers start within a minute.')
    .action(async (flags: Flags) => {
      const { resume } = await import('../actions/queue-commands.ts');
      onEnd(await resume(flags, context));
    });
  return addExamples(addCommonOptions(command), [['resume', 'asks, then ends the pause']]);
};
