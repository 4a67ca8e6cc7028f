import { columnsOf, createRedraw } from './redraw.ts';
import type { TransferView } from './transfer-view.ts';

/** The output for the status of a run. */
export interface StatusDisplay {
  /** Shows the status from now on. Calls `draw` for each redraw. */
  show(draw: (columns: number) => string, view: TransferView): void;
  /** Prints one line above the status. */
  print(line: string): void;
  /** Removes the status line. */
  clear(): void;
}

const drawsPerSecond = 4;

/** Redraws one line of a terminal. */
export function createTerminalDisplay(stream: NodeJS.WriteStream): StatusDisplay {
  const redraw = createRedraw(stream);
  let draw: ((columns: number) => string) | undefined;
  let timer: NodeJS.Timeout | undefined;
  const update = () => redraw.show(draw ? [draw(columnsOf(stream))] : []);
  return {
    show(next) {
      const isFirst = draw === undefined;
      draw = next;
      if (isFirst) update();
      timer ??= setInterval(update, 1000 / drawsPerSecond);
    },
    print: redraw.print,
    clear() {
      clearInterval(timer);
      timer = undefined;
      draw = undefined;
      redraw.show([]);
    },
  };
}

/**
 * Returns whether a stream is a terminal that can redraw a line. Some CI services run commands on a terminal, and keep
 * every redrawn line in their log: they set `CI`.
 */
export function canRedraw(
  stream: { readonly isTTY?: boolean | undefined },
  { TERM, CI }: Readonly<Record<string, string | undefined>> = process.env,
): boolean {
  const isLogged = CI !== undefined && CI !== '' && CI !== 'false';
  return Boolean(stream.isTTY) && TERM !== 'dumb' && TERM !== '' && !isLogged;
}
