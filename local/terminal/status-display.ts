import { SingleBar } from 'cli-progress';
import type { TransferView } from './transfer-view.ts';
import { cutTo } from './words.ts';

/** The output for the status of a run. */
export interface StatusDisplay {
  /** Shows the status from now on. Calls `draw` for each redraw. */
  show(draw: (columns: number) => string, view: TransferView): void;
  /** Prints one line above the status. */
  print(line: string): void;
  /** Removes the status line. */
  clear(): void;
}

/** Columns of a terminal that does not report its width. */
const defaultColumns = 80;

/** Returns the columns for one line. In some terminals, a character in the last column wraps the line. */
export function columnsOf({ columns }: Pick<NodeJS.WriteStream, 'columns'>): number {
  return (columns || defaultColumns) - 1;
}

/**
 * Redraws one line of a terminal. Does not hide the cursor or change a mode of the terminal, so nothing
 * needs to be restored when the process ends.
 */
export function terminalDisplay(stream: NodeJS.WriteStream): StatusDisplay {
  let draw: ((columns: number) => string) | undefined;
  let bar: SingleBar | undefined;
  const columns = () => columnsOf(stream);
  const clear = () => {
    bar?.stop();
    bar = undefined;
  };
  const resume = () => {
    if (!draw || bar) return;
    const format = () => cutTo(columns(), draw?.(columns()) ?? '');
    bar = new SingleBar({ stream, format, clearOnComplete: true, linewrap: true, fps: 4 });
    bar.start(1, 0);
  };
  return {
    show(next) {
      draw = next;
      resume();
    },
    print(line) {
      clear();
      stream.write(`${line}\n`);
      resume();
    },
    clear() {
      clear();
      draw = undefined;
    },
  };
}

/** Returns whether a stream is a terminal that can redraw a line. */
export function canRedraw(
  stream: NodeJS.WriteStream,
  { TERM }: Readonly<Record<string, string | undefined>> = process.env,
): boolean {
  return Boolean(stream.isTTY) && TERM !== 'dumb' && TERM !== '';
}
