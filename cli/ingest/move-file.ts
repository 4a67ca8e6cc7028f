import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { ItemEnd } from './batch.ts';
import type { FileItem } from './files.ts';

const program = fileURLToPath(
  new URL(`./local-process${import.meta.url.slice(-3)}`, import.meta.url),
);

/** Processes of files that are moved now. They end with this one. */
const children = new Set<ReturnType<typeof spawn>>();

/** Ends the processes of all files that are moved now. */
export function endProcesses(): void {
  for (const child of children) child.kill('SIGTERM');
}

/**
 * Moves one file in a process of its own, which prints as `npm run ingest` does.
 * @param args - the options of the local run
 * @returns its exit code
 */
export async function moveShown(file: string, args: readonly string[]): Promise<number> {
  const child = startProcess([file, ...args], 'inherit');
  const [code] = await once(child, 'close');
  return code ?? 1;
}

/** Moves one file of several. Its last line is shown. */
export async function moveFile(
  item: FileItem,
  update: () => void,
  args: readonly string[],
): Promise<ItemEnd> {
  const child = startProcess([item.path, ...args, '--json'], 'pipe');
  item.isBegun = true;
  let last = '';
  const reading = (async () => {
    for await (const line of createInterface({ input: child.stderr as NodeJS.ReadableStream })) {
      last = line.trim() || last;
      item.line = last;
      update();
    }
  })();
  const [output] = await Promise.all([
    text(child.stdout as NodeJS.ReadableStream),
    reading,
    once(child, 'close'),
  ]);
  return endOf(output, last);
}

/** A failed run prints its outcome too, unless it failed before it had one. */
function endOf(output: string, lastLine: string): ItemEnd {
  const [line = ''] = output.trim().split('\n').slice(-1);
  const outcome = line.startsWith('{') ? JSON.parse(line) : { status: 'failed', cause: lastLine };
  const { status, assetId, transferId, execution, error, cause } = outcome;
  const isGood = status === 'ready' || status === 'already-ingested';
  return { status, isGood, assetId, transferId, execution, error, cause };
}

function startProcess(args: readonly string[], stdio: 'inherit' | 'pipe') {
  const options = ['--max-semi-space-size=2', program, ...args];
  const child = spawn(process.execPath, options, { stdio: ['ignore', stdio, stdio] });
  children.add(child);
  child.once('close', () => children.delete(child));
  return child;
}
