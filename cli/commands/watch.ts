import { Command, Option } from 'commander';
import type { Flags } from '../actions/watch.ts';
import { addExamples, addStackOptions, parseWhole } from '../options.ts';
import { idleMs } from '../watch/idle-time.ts';
import type { CreateCommand } from './registry.ts';

/** Creates `chunkferry watch`. */
export const watchCommand: CreateCommand = (context, onEnd) => {
  const command = new Command()
    .description(
      'Shows what moves, how fast, how long still, and what waits in the queue, until Ctrl-C. On a terminal it redraws in place. On a pipe it prints a line when something changed. Reads only the rows of the table.',
    )
    .option('--interval <seconds>', 'time between two reads', parseWhole(1, 3600), 5)
    .option('--until-idle', `end with 0 when nothing has moved or waited for ${idleMs / 1000} s`)
    .addOption(new Option('--local').hideHelp())
    .option('--json', 'print each read as one JSON object on its own line, with version and type')
    .action(async (flags: Flags) => {
      const { watch } = await import('../actions/watch.ts');
      onEnd(await watch(flags, context));
    });
  return addExamples(addStackOptions(command), [
    ['watch', 'redraws until Ctrl-C'],
    ['watch --until-idle > night.log', 'one line for each change, until all is done'],
    ['watch --json --interval 60', 'for a script'],
  ]);
};
