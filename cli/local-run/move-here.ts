import { useFailureCodes } from '#local/commands/command-line.ts';
import { describeError } from '../describe-error.ts';
import { exitCodes } from '../exit-codes.ts';
import { heapOption, type LocalProcess } from './local-process.ts';

/** Returns whether this process has the heap of a local run, as `npm run ingest` starts it. */
export function canMoveHere(): boolean {
  return process.execArgv.includes(heapOption);
}

/**
 * Moves one file in this process, which saves the start of another one. A process holds one local run at a time: the
 * SDK reads its environment.
 * @returns the exit code of the program
 */
export async function moveHere({ args, env }: LocalProcess): Promise<number> {
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
  Object.assign(process.env, env);
  useFailureCodes((error) => exitCodes[describeError(error, 'local').ending]);
  const { command } = await import('#local/commands/ingest-command.ts');
  await command.parseAsync([...args], { from: 'user' });
  return Number(process.exitCode ?? exitCodes.done);
}
