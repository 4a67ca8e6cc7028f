import { Command, CommanderError } from 'commander';
import type { Runtime } from '#src/core/errors/error-lookup.ts';
import { commands, type RegisteredCommand } from './commands/registry.ts';
import { type Context, printResult } from './context.ts';
import { describeError } from './describe-error.ts';
import { type Ending, exitCodes } from './exit-codes.ts';
import { assertOnlyJson } from './npm-script.ts';

const description =
  'Moves large media objects from Amazon S3, and files, into TwelveLabs and other services with chunked uploads.';

/**
 * Runs one command line. Never throws and never ends the process.
 * @param argv - the arguments after the program's name
 * @returns the exit code
 */
export async function run(argv: readonly string[], context: Context): Promise<number> {
  let ending: Ending = 'done';
  try {
    if (argv[0] === 'complete' && argv[1] === '--') return await complete(argv.slice(2), context);
    assertOnlyJson(argv, context);
    const program = await createProgram(
      context,
      (end) => {
        ending = end;
      },
      nameIn(argv),
    );
    await program.parseAsync([...argv], { from: 'user' });
    return exitCodes[ending];
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage;
    const described = describeError(error, runtimeOf(argv));
    context.io.stderr.write(`${described.line}\n`);
    if (context.env.CHUNKFERRY_DEBUG && error instanceof Error)
      context.io.stderr.write(`${error.stack}\n`);
    return exitCodes[described.ending];
  }
}

/** Answers the completion script of a shell. Loads only the module of the command that the words name. */
async function complete(words: readonly string[], context: Context): Promise<number> {
  const { completeWords } = await import('./completion/complete-words.ts');
  const program = await createProgram(context, () => {}, words[0] ?? '');
  printResult(context, completeWords(program, words).join('\n'));
  return exitCodes.done;
}

/** Called with the ending of a command's action. */
export type OnEnd = (ending: Ending) => void;

/**
 * Creates the program.
 * @param only - loads only the module of this command: the others take time. Default: loads all
 */
export async function createProgram(
  context: Context,
  onEnd: OnEnd,
  only?: string | undefined,
): Promise<Command> {
  const program = new Command('chunkferry').description(description);
  const { stdout, stderr } = context.io;
  program
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
      getOutHelpWidth: () => stdout.columns ?? 100,
      getErrHelpWidth: () => stderr.columns ?? 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .showHelpAfterError('Use --help for the options and examples.')
    .showSuggestionAfterError();
  for (const [name, registered] of Object.entries(commands)) {
    const isLoaded = only === undefined || only === name;
    const command = isLoaded ? await loadCommand(registered, context, onEnd) : new Command(name);
    program.addCommand(inherit(command.name(name).summary(registered.summary), program));
  }
  return program;
}

async function loadCommand({ load }: RegisteredCommand, context: Context, onEnd: OnEnd) {
  return (await load())(context, onEnd);
}

function inherit(command: Command, program: Command): Command {
  command.copyInheritedSettings(program);
  return command;
}

/** Returns the runtime that the next steps of errors are for. */
function runtimeOf(argv: readonly string[]): Runtime {
  const own = commands[nameIn(argv) ?? '']?.runtime;
  return own ?? (argv.includes('--local') ? 'local' : 'stack');
}

/** Returns the command that the arguments name; undefined if all modules are needed. */
function nameIn(argv: readonly string[]): string | undefined {
  const name = argv.find((argument) => !argument.startsWith('-')) ?? '';
  return name === 'help' ? undefined : name;
}
