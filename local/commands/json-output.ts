import { basename } from 'node:path';
import { TransferError } from '#src/core/errors/errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Returns whether JSON is requested, also by `--json` before `--`: npm passes that one as a variable. */
export function isJsonAsked(flag: boolean | undefined, env: Environment = process.env): boolean {
  return Boolean(flag) || env.npm_config_json === 'true';
}

/**
 * Fails before any work if npm has written its own lines to the same pipe: the reader could not parse
 * the JSON. On a terminal, npm's lines do no harm.
 * @param program - the file that runs; npm's script names it if npm started it
 * @throws ConfigurationError - with the call that prints only JSON
 */
export function assertOnlyJson(
  isTerminal = Boolean(process.stdout.isTTY),
  env: Environment = process.env,
  program = basename(process.argv[1] ?? ''),
): void {
  const isByNpm = env.npm_lifecycle_script?.includes(program) ?? false;
  const isQuiet = env.npm_config_loglevel === 'silent' || env.npm_config_json === 'true';
  if (isTerminal || !isByNpm || isQuiet) return;
  throw new TransferError(
    'ConfigurationError',
    `npm prints its own lines before the JSON. Use: npm run --silent ${env.npm_lifecycle_event} -- --json …`,
  );
}
