import { type Context, printJson, printNote, printResult } from '../context.ts';
import { contextOf, type StackConfiguration } from '../context-options.ts';
import type { Ending } from '../exit-codes.ts';
import { exportStack } from '../export/export-stack.ts';

export interface Flags extends StackConfiguration {
  readonly out: string;
  readonly json?: boolean;
}

export async function writeExport(flags: Flags, context: Context): Promise<Ending> {
  const { out, json } = flags;
  const { stack, files } = await exportStack(contextOf(flags), out);
  if (json) printJson(context, { version: 1, stack, folder: out, files });
  else printResult(context, files.map((file) => `${out}/${file}`).join('\n'));
  printNote(context, `Wrote the stack ${stack}. ${out}/README.md has the commands that deploy it.`);
  return 'done';
}
