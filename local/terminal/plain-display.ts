import { formatBytes } from './size.ts';
import type { StatusDisplay } from './status-display.ts';
import { phases, type TransferView } from './transfer-view.ts';
import { waitLine } from './waits.ts';
import { durationText, printable } from './words.ts';

/** Interval for printing an unchanged wait or phase again, in ms. */
const repeatAfterMs = 60_000;

/** Wide enough for any reason: a log file does not wrap lines. */
const logColumns = 500;

/** Prints lines to an output that cannot redraw: a file, a pipe, a dumb terminal. */
export function createPlainDisplay(
  output: Pick<NodeJS.WriteStream, 'write'>,
  now: () => number,
): StatusDisplay {
  let tenth = 0;
  let phase = '';
  const printedAt = new Map<string, number>();
  const print = (line: string) => void output.write(`${line}\n`);

  function isDue(what: string): boolean {
    if (now() - (printedAt.get(what) ?? 0) < repeatAfterMs) return false;
    printedAt.set(what, now());
    return true;
  }

  function showPhase(view: TransferView): void {
    if (view.phase !== phase) {
      phase = view.phase;
      tenth = view.totalBytes > 0 ? tenthOf(view) : 0;
      if (isDue(`phase ${phase}`)) print(`  ${phases[view.phase]}`);
    } else if (view.totalBytes === 0 && isDue(`phase ${phase}`)) {
      print(`  ${phases[view.phase]}, ${durationText(now() - view.phaseSince)} so far`);
    }
  }

  function showBytes(view: TransferView): void {
    if (view.phase !== 'sending' || view.totalBytes === 0) return;
    const reached = tenthOf(view);
    if (reached > tenth)
      print(
        `  ${reached * 10} %  ${formatBytes(view.doneBytes)} of ${formatBytes(view.totalBytes)}`,
      );
    tenth = reached;
  }

  return {
    show(_draw, view) {
      const { wait } = view;
      if (wait && isDue(`wait ${wait.what}`))
        print(printable(`  ${waitLine(wait, now(), logColumns)}`));
      showPhase(view);
      showBytes(view);
    },
    print,
    clear() {},
  };
}

function tenthOf({ doneBytes, totalBytes }: TransferView): number {
  return Math.floor((10 * doneBytes) / totalBytes);
}
