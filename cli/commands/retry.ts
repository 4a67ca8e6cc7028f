import { Command } from 'commander';
import type { Flags } from '../actions/retry.ts';
import {
  addExamples,
  addJsonOption,
  addStackOptions,
  parseWhole,
  sinceOption,
} from '../options.ts';
import type { CreateCommand } from './registry.ts';

/** Creates `chunkferry retry`. */
export const retryCommand: CreateCommand = (context, onEnd) => {
  const command = new Command()
    .description(
      'Starts a transfer again, or all that failed. Each start continues from the chunks that have a proof; what is moved again is printed first. Correct the cause before: chunkferry why names it.',
    )
    .argument('[transfer]', 'its id, the beginning of its id, or s3://bucket/key')
    .option('--failed', 'all transfers that failed within --since, rejected starts included')
    .option('--error <name>', 'with --failed: only those that failed with this error')
    .addOption(sinceOption('with --failed: how far back', '1d'))
    .option('--limit <number>', 'with --failed: at most this many', parseWhole(1, 10_000), 100)
    .option('--yes', 'do not ask')
    .action(async (name: string | undefined, flags: Flags) => {
      const { retry } = await import('../actions/retry.ts');
      onEnd(await retry(name, flags, context));
    });
  addJsonOption(addStackOptions(command));
  return addExamples(command, [
    ['retry 0544e5e25392', 'asks, then starts this transfer again'],
    ['retry --failed --since 1d --yes', 'everything that failed in the last day'],
    ['retry --failed --error ThrottledError', 'what the service throttled'],
  ]);
};
