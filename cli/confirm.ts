import { createInterface } from 'node:readline/promises';
import { CommandError } from './command-error.ts';
import { type Context, printNote } from './context.ts';

/**
 * Says what will be done, and asks unless `--yes` is given.
 * @param plan - lines that say what will be done
 * @throws CommandError - the answer is not yes, or stdin is no terminal
 */
export async function confirm(
  plan: readonly string[],
  { yes = false }: { readonly yes?: boolean },
  context: Context,
): Promise<void> {
  for (const line of plan) printNote(context, line);
  if (yes) return;
  const { stdin, stderr } = context.io;
  if (!stdin.isTTY)
    throw new CommandError('declined', 'Not confirmed: stdin is no terminal. Use --yes.');
  stderr.write('Continue? [y/N] ');
  const lines = createInterface({ input: stdin, terminal: false });
  const { value } = await lines[Symbol.asyncIterator]().next();
  lines.close();
  if (!/^y(es)?$/i.test(String(value ?? '').trim()))
    throw new CommandError('declined', 'Not confirmed: nothing was changed.');
}
