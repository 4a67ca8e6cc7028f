import { columnsOf, createRedraw, rowsOf } from '#local/terminal/redraw.ts';
import { canRedraw } from '#local/terminal/status-display.ts';
import { cutMiddle, printable, speedText } from '#local/terminal/words.ts';
import type { Clock } from '#src/core/ports/clock.ts';
import type { Context } from '../context.ts';
import { repeatAfterMs } from '../transfers/describe-transfer.ts';
import { countsText, type Item, unfinished } from './batch.ts';

/** Shows a batch on stderr: a live line for each source that runs, and a total. */
export interface BatchDisplay {
  /** Called when the line of a source changed. */
  update(item: Item): void;
  /** Called when a source ended. */
  ended(item: Item): void;
  print(line: string): void;
  /** Removes the live lines. */
  close(): void;
}

/** Creates the display: redrawn in place on a terminal, else a line for each source that changes. */
export function createBatchDisplay(
  items: readonly Item[],
  { io: { stderr }, env, clock }: Pick<Context, 'io' | 'env' | 'clock'>,
): BatchDisplay {
  if (!canRedraw(stderr, env))
    return createPlainDisplay((line) => void stderr.write(`${line}\n`), clock);
  const redraw = createRedraw(stderr);
  const shown = createShown(items.length);
  const draw = () => redraw.show(liveLines(shown, columnsOf(stderr), rowsOf(stderr)));
  return {
    update(item) {
      shown.running.add(item);
      draw();
    },
    ended(item) {
      shown.end(item);
      redraw.print(endLine(item));
      draw();
    },
    print: (line) => redraw.print(printable(line)),
    close: () => redraw.show([]),
  };
}

/** What a terminal shows: a batch may have more sources than can be looked at for each line. */
interface Shown {
  readonly total: number;
  readonly running: Set<Item>;
  /** Sources by how they ended. */
  readonly counts: Map<string, number>;
  end(item: Item): void;
}

function createShown(total: number): Shown {
  const running = new Set<Item>();
  const counts = new Map([[unfinished, total]]);
  const add = (status: string, count: number) =>
    counts.set(status, (counts.get(status) ?? 0) + count);
  const end = (item: Item) => {
    running.delete(item);
    add(unfinished, -1);
    add(item.end?.status ?? unfinished, 1);
  };
  return { total, running, counts, end };
}

/** Prints a line for each source whose sign changed, and for an unchanged one again after a while. */
function createPlainDisplay(
  print: (line: string) => void,
  clock: Pick<Clock, 'now'>,
): BatchDisplay {
  const shown = new Map<Item, { readonly sign: string; readonly at: number }>();
  return {
    update(item) {
      const { name, line, sign = line } = item;
      const last = shown.get(item);
      const at = clock.now();
      if (line === undefined || sign === undefined) return;
      if (last?.sign === sign && at - last.at < repeatAfterMs) return;
      shown.set(item, { sign, at });
      print(printable(`${name}  ${line}`));
    },
    ended(item) {
      shown.delete(item);
      print(endLine(item));
    },
    print: (line) => print(printable(line)),
    close() {},
  };
}

function endLine({ name, end }: Item): string {
  const reason = [end?.error, end?.cause].filter(Boolean).join(': ');
  return printable([end?.status, name, end?.assetId ?? reason].filter(Boolean).join('  '));
}

/** Returns one line for each running source, and the total. */
function liveLines(shown: Shown, columns: number, rows: number): string[] {
  const running = [...shown.running];
  const visible = running.slice(0, Math.max(1, rows - 2));
  const lines = visible.map(({ name, line = '' }) => {
    const room = Math.max(8, columns - line.length - 2);
    return `${printable(cutMiddle(room, name))}  ${line}`;
  });
  return [...lines, totalLine(shown, running.length - visible.length)];
}

function totalLine({ total, running, counts }: Shown, hidden: number): string {
  const speed = [...running].reduce((sum, { bytesPerSecond = 0 }) => sum + bytesPerSecond, 0);
  const parts = [
    `${total} in all: ${countsText(counts)}`,
    ...(speed > 0 ? [speedText(speed, 1000)] : []),
    ...(hidden > 0 ? [`${hidden} more running`] : []),
  ];
  return parts.join(', ');
}
