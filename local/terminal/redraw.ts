import { clearScreenDown, cursorTo, moveCursor } from 'node:readline';
import { cutTo, widthOf } from './words.ts';

/** A terminal that is written to. */
export interface Terminal {
  write(text: string): unknown;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

/** Lines at the end of a terminal that are drawn again in place. */
export interface Redraw {
  /** Replaces the lines. None: removes them. */
  show(lines: readonly string[]): void;
  /** Prints one line above the lines. */
  print(line: string): void;
}

/** The size of a terminal that does not report it. */
const defaults = { columns: 80, rows: 24 };

/** Returns the columns for one line. In some terminals, a character in the last column wraps the line. */
export function columnsOf({ columns }: Pick<Terminal, 'columns'>): number {
  return (columns || defaults.columns) - 1;
}

/** Returns the lines that a terminal can redraw: it can't reach those that scrolled away. */
export function rowsOf({ rows }: Pick<Terminal, 'rows'>): number {
  return Math.max(1, (rows || defaults.rows) - 1);
}

/** Returns the rows that drawn lines take now: a terminal that became narrower has wrapped them. */
function rowsTaken(lines: readonly string[], { columns }: Terminal): number {
  const rows = lines.map((line) => Math.ceil(widthOf(line) / (columns || defaults.columns)));
  return rows.reduce((sum, one) => sum + Math.max(1, one), 0);
}

/**
 * Redraws lines in place. Cuts each to the width: a wrapped line could not be replaced. Does not hide the
 * cursor or change a mode of the terminal, so nothing needs to be restored when the process ends.
 */
export function createRedraw(terminal: Terminal): Redraw {
  const stream = terminal as NodeJS.WritableStream;
  let shown: readonly string[] = [];
  const erase = () => {
    moveCursor(stream, 0, -rowsTaken(shown, terminal));
    cursorTo(stream, 0);
    clearScreenDown(stream);
  };
  const write = (lines: readonly string[]) => {
    shown = lines.slice(-rowsOf(terminal)).map((line) => cutTo(columnsOf(terminal), line));
    for (const text of shown.flatMap((line) => [line, '\n'])) terminal.write(text);
  };
  return {
    show(lines) {
      if (shown.length > 0) erase();
      write(lines);
    },
    print(line) {
      const kept = shown;
      if (shown.length > 0) erase();
      terminal.write(`${line}\n`);
      write(kept);
    },
  };
}
