import { type Command, InvalidArgumentError, Option } from 'commander';

/** Options that choose where a command works. */
export interface PlaceFlags {
  readonly stack: string;
  readonly profile?: string;
  readonly region?: string;
  readonly local?: boolean;
  readonly stateDir?: string;
}

/** The name of the stack that the CDK app deploys by default. */
export const defaultStack = 'Chunkferry';

/** Adds the options that find a deployed stack. */
export function addStackOptions(command: Command): Command {
  return command
    .option('--stack <name>', 'name of the deployed stack', defaultStack)
    .option('--profile <name>', 'AWS profile (default: as the AWS CLI finds it)')
    .option('--region <region>', 'Region of the stack (default: as the AWS CLI finds it)');
}

/** Adds the options that choose a deployed stack or this computer. */
export function addPlaceOptions(command: Command): Command {
  return addStackOptions(command)
    .option('--local', 'the local runs of this computer in place of a deployed stack')
    .option(
      '--state-dir <folder>',
      'with --local: the folder of the proofs (default: chunkferry in $XDG_STATE_HOME or ~/.local/state)',
      folderName,
    );
}

/** A script may pass a variable that is not set. */
function folderName(text: string): string {
  if (text === '') throw new InvalidArgumentError('Name a folder.');
  return text;
}

/** Adds `--json`. */
export function addJsonOption(command: Command): Command {
  return command.option(
    '--json',
    'print the result as one JSON document on stdout, all other output on stderr',
  );
}

const unitMs: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

/** Parses a duration such as `90m`, `12h`, `7d` or `2w` into milliseconds. */
export function parseDuration(text: string): number {
  const [, number, unit = ''] = /^(\d+)\s*([a-z])$/.exec(text.trim()) ?? [];
  const milliseconds = Number(number) * (unitMs[unit] ?? Number.NaN);
  if (milliseconds >= 60_000 && milliseconds <= 366 * 86_400_000) return milliseconds;
  throw new InvalidArgumentError('Use 90m, 12h, 7d or 2w, at most 366d.');
}

/** Returns the option `--since`. */
export function sinceOption(text: string, byDefault: string): Option {
  return new Option('--since <duration>', `${text}: 90m, 12h, 7d, 2w`)
    .argParser(parseDuration)
    .default(parseDuration(byDefault), byDefault);
}

/** Returns a parser of whole numbers within bounds. */
export function parseWhole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Use a whole number from ${least} to ${most}.`);
  };
}

/** Adds examples to the help text. */
export function addExamples(command: Command, examples: readonly (readonly [string, string])[]) {
  const lines = examples.map(([call, does]) => `  $ chunkferry ${call}\n      ${does}`);
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}
