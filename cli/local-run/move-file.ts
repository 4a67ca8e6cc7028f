import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { extname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { hasAsset } from '#src/outcome/outcome.ts';
import { CommandError } from '../command-error.ts';
import { exitCodes } from '../exit-codes.ts';
import type { ItemEnd } from '../ingest/batch.ts';
import type { FileItem } from '../ingest/files.ts';
import { heapOption, type LocalProcess } from './local-process.ts';

/** The program of one local run, next to this module: in the sources, in the package, and in the bundle. */
const { dirname, filename } = import.meta;
const program = join(dirname, `local-run-main${extname(filename)}`);

/** Processes of files that are moved now. They end with this one. */
const children = new Set<ReturnType<typeof spawn>>();

/** Ends the processes of all files that are moved now. */
export function endProcesses(): void {
  for (const child of children) child.kill('SIGTERM');
}

/**
 * Moves one file in a process of its own, which prints as `npm run ingest` does.
 * @returns its exit code
 * @throws CommandError - a signal ended the process
 */
export async function moveShown(file: string, call: LocalProcess): Promise<number> {
  const child = startProcess(call, 'inherit');
  const [code, signal] = await once(child, 'close');
  if (signal !== null) throw new CommandError('failed', endedBy(signal, file));
  return code ?? 1;
}

/** A process that a signal ended could say nothing itself: the kernel may have been short of memory. */
function endedBy(signal: string, file: string): string {
  return `The process of ${JSON.stringify(file)} was ended by ${signal}. The proofs of the chunks that arrived are stored: run the same command again to continue.`;
}

/** Moves one file of several. Its last line is shown. */
export async function moveFile(
  item: FileItem,
  update: () => void,
  { args, env }: LocalProcess,
): Promise<ItemEnd> {
  const child = startProcess({ args: [...args, '--json', '--', item.path], env }, 'pipe');
  item.isBegun = true;
  let last = '';
  const reading = (async () => {
    for await (const line of createInterface({ input: child.stderr as NodeJS.ReadableStream })) {
      last = line.trim() || last;
      item.line = last;
      update();
    }
  })();
  const [output, , [code, signal]] = await Promise.all([
    text(child.stdout as NodeJS.ReadableStream),
    reading,
    once(child, 'close'),
  ]);
  const end = endOf(output, signal === null ? last : endedBy(signal, item.path));
  return code === exitCodes.busy ? { ...end, isBusy: true } : end;
}

/** A failed run prints its outcome too, unless it failed before it had one. */
function endOf(output: string, lastLine: string): ItemEnd {
  const [line = ''] = output.trim().split('\n').slice(-1);
  const outcome = line.startsWith('{') ? JSON.parse(line) : { status: 'failed', cause: lastLine };
  const { status, assetId, transferId, execution, error, cause } = outcome;
  return { status, isGood: hasAsset(status), assetId, transferId, execution, error, cause };
}

function startProcess({ args, env }: LocalProcess, stdio: 'inherit' | 'pipe') {
  const options = [heapOption, program, ...args];
  const child = spawn(process.execPath, options, { stdio: ['ignore', stdio, stdio], env });
  children.add(child);
  child.once('close', () => children.delete(child));
  return child;
}
