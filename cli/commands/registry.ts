import type { Command } from 'commander';
import type { Context } from '../context.ts';
import type { OnEnd } from '../program.ts';

/** Creates a command. Its action calls `onEnd`. */
export type CreateCommand = (context: Context, onEnd: OnEnd) => Command;

/** A command of the program. Its module is loaded only if the command is called. */
export interface RegisteredCommand {
  /** The line in the list of commands. */
  readonly summary: string;
  readonly load: () => Promise<CreateCommand>;
}

/** All commands, in the order of the help text. */
export const commands: Readonly<Record<string, RegisteredCommand>> = {
  list: {
    summary: 'list transfers: what moves, waits, is ready or failed',
    load: async () => (await import('./list.ts')).listCommand,
  },
};
