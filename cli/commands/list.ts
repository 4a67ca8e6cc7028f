import { Command, InvalidArgumentError } from 'commander';
import { type TransferState, transferStates } from '#src/core/transfer/transfer-row.ts';
import type { Flags } from '../actions/list.ts';
import {
  addExamples,
  addJsonOption,
  addPlaceOptions,
  parseWhole,
  sinceOption,
} from '../options.ts';
import type { CreateCommand } from './registry.ts';

/** Creates `chunkferry list`. */
export const listCommand: CreateCommand = (context, onEnd) => {
  const command = new Command()
    .description(
      'Lists transfers, newest change first. Queued and active transfers are always listed; all others if they changed within --since. Reads only the rows of the table.',
    )
    .option(
      '--state <states>',
      `only these states, with commas: ${transferStates.join(', ')}`,
      parseStates,
    )
    .addOption(sinceOption('how far back', '1d'))
    .option('--bucket <name>', 'only objects of this bucket')
    .option('--limit <number>', 'at most this many transfers', parseWhole(1, 10_000), 100)
    .action(async (flags: Flags) => {
      const { list } = await import('../actions/list.ts');
      onEnd(await list(flags, context));
    });
  addJsonOption(addPlaceOptions(command));
  return addExamples(command, [
    ['list', 'what moves, what waits, and what ended in the last day'],
    ['list --state failed --since 7d --json', 'the failures of a week, as JSON'],
    ['list --local', 'the local runs of this computer'],
  ]);
};

function parseStates(text: string): TransferState[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !transferStates.some((state) => state === name));
  if (unknown === undefined) return names as TransferState[];
  throw new InvalidArgumentError(
    `Unknown state ${JSON.stringify(unknown)}. Use ${transferStates.join(', ')}.`,
  );
}
