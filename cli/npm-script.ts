import { CommandError } from './command-error.ts';
import type { Context, Environment } from './context.ts';

/** The program in the npm scripts of a checkout. */
const program = 'cli/main.js';

/**
 * Returns the arguments of the program. `npm run ingest --json -- film.mp4` passes `--json` as a variable, as npm keeps
 * the options before `--` for itself.
 */
export function argumentsOf(argv: readonly string[], env: Environment): readonly string[] {
  const isKept = isByNpm(env) && env.npm_config_json === 'true' && !argv.includes('--json');
  return isKept ? [...argv.slice(0, 1), '--json', ...argv.slice(1)] : argv;
}

/**
 * Fails before any work if npm has written its own lines to the same pipe: the reader could not parse the JSON. On a
 * terminal, npm's lines do no harm.
 * @throws CommandError - with the call that prints only JSON
 */
export function assertOnlyJson(
  argv: readonly string[],
  { io, env }: Pick<Context, 'env'> & { readonly io: Pick<Context['io'], 'stdout'> },
): void {
  const isQuiet = env.npm_config_loglevel === 'silent' || env.npm_config_json === 'true';
  if (!argv.includes('--json') || io.stdout.isTTY || !isByNpm(env) || isQuiet) return;
  throw new CommandError(
    'usage',
    `npm prints its own lines before the JSON. Use: npm run --silent ${env.npm_lifecycle_event} -- --json …`,
  );
}

function isByNpm({ npm_lifecycle_script: script = '' }: Environment): boolean {
  return script.includes(program);
}
