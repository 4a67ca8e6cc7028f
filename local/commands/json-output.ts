import { basename } from 'node:path';
import { TransferError } from '#src/core/errors/errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Whether JSON is asked for, also by `--json` in front of `--`, which npm keeps and hands on. */
export function isJsonAsked(flag: boolean | undefined, env: Environment = process.env): boolean {
  return Boolean(flag) || env.npm_config_json === 'true';
}

/**
 * Refuses to write JSON behind lines that npm has written to the same pipe: its reader could use
 * nothing of it, after all bytes were sent. npm writes them to a terminal only for people to see.
 * @param program - the file that runs; npm names it where it was npm that started it
 * @throws ConfigurationError - names the call that gives JSON alone
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
    `npm writes lines of its own before the JSON. Call it as: npm run --silent ${env.npm_lifecycle_event} -- --json …`,
  );
}
