import { SingleBar } from 'cli-progress';
import type { TransferView } from './transfer-view.ts';
import { cutTo } from './words.ts';

/** Where a run shows how it stands. */
export interface StatusDisplay {
  /** Shows the status from now on, drawn again and again by `draw`. */
  show(draw: (columns: number) => string, view: TransferView): void;
  /** One line that stays, above the status. */
  say(line: string): void;
  /** Removes the status line. */
  clear(): void;
}

/** Columns of a terminal that does not say how many it has. */
const usualColumns = 80;

/** Columns that a line may take: a full last one would wrap the line in some terminals. */
export function columnsOf({ columns }: Pick<NodeJS.WriteStream, 'columns'>): number {
  return (columns || usualColumns) - 1;
}

/**
 * Redraws one line of a terminal. The cursor is never hidden and no mode of the terminal is changed,
 * so nothing is left to restore, however the process ends.
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
    say(line) {
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

/** Whether a stream is a terminal that can draw a line again. */
export function canRedraw(
  stream: NodeJS.WriteStream,
  { TERM }: Readonly<Record<string, string | undefined>> = process.env,
): boolean {
  return Boolean(stream.isTTY) && TERM !== 'dumb' && TERM !== '';
}
