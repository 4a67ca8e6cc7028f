import { RootCommand } from '@bomb.sh/tab';
import type { Command, Option } from 'commander';
import { captureLog } from './captured-log.ts';

/** Options whose value is a file or a folder. The shell completes it. */
const fileOptions = ['--list', '--out', '--state-dir'];

/** Commands whose arguments are files. */
const fileCommands = ['ingest'];

/** How the shell goes on: with its own completion of files, or not. */
const directives = { files: ':0', noFiles: ':4' };

/**
 * Returns the lines that a shell's completion script expects: a value with its description on each line, and how
 * the shell goes on.
 * @param words - the words after the program's name; the last one is being typed
 */
export function completeWords(program: Command, words: readonly string[]): string[] {
  const lines = suggestions(rootOf(program), words);
  const isFile = lines.length === 0 && wantsFile(words);
  return [...lines, isFile ? directives.files : directives.noFiles];
}

function wantsFile(words: readonly string[]): boolean {
  const [typed = '', before = ''] = words.toReversed();
  if (fileOptions.includes(before)) return true;
  return fileCommands.includes(words[0] ?? '') && words.length > 1 && !typed.startsWith('-');
}

function rootOf(program: Command): RootCommand {
  const root = new RootCommand();
  const help = program.createHelp();
  for (const command of help.visibleCommands(program)) {
    const known = root.command(command.name(), command.summary());
    for (const option of command.createHelp().visibleOptions(command)) addOption(known, option);
    for (const argument of command.registeredArguments)
      known.argument(argument.name(), valuesOf(argument), argument.variadic);
  }
  return root;
}

function addOption(known: ReturnType<RootCommand['command']>, option: Option): void {
  const long = option.long?.slice(2);
  if (long === undefined) return;
  const alias = option.short?.slice(1);
  const { description } = option;
  if (option.isBoolean()) known.option(long, description, alias);
  else known.option(long, description, valuesOf(option), alias);
}

type Add = (value: string, description: string) => void;

function valuesOf({ argChoices = [] }: { argChoices?: string[] | undefined }) {
  return (add: Add) => {
    for (const value of argChoices) add(value, '');
  };
}

/** The library prints a directive of its own as the last line. */
function suggestions(root: RootCommand, words: readonly string[]): string[] {
  return captureLog(() => root.parse([...words])).filter((line) => !line.startsWith(':'));
}
