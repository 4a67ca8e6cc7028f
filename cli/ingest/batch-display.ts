import { columnsOf, createRedraw, rowsOf } from '#local/terminal/redraw.ts';
import { canRedraw } from '#local/terminal/status-display.ts';
import { cutMiddle, printable, speedText } from '#local/terminal/words.ts';
import type { Context } from '../context.ts';
import { countsOf, type Item } from './batch.ts';

/** Shows a batch on stderr: a live line for each source that runs, and a total. */
export interface BatchDisplay {
  update(): void;
  /** Called when a source ended. */
  ended(item: Item): void;
  print(line: string): void;
  /** Removes the live lines. */
  close(): void;
}

/** Creates the display: redrawn in place on a terminal, else a line for each source that changes. */
export function createBatchDisplay(
  items: readonly Item[],
  { io: { stderr }, env }: Pick<Context, 'io' | 'env'>,
): BatchDisplay {
  if (!canRedraw(stderr, env)) return plainDisplay(items, (line) => void stderr.write(`${line}\n`));
  const redraw = createRedraw(stderr);
  const draw = () => redraw.show(liveLines(items, columnsOf(stderr), rowsOf(stderr)));
  return {
    update: draw,
    ended(item) {
      redraw.print(endLine(item));
      draw();
    },
    print: (line) => redraw.print(printable(line)),
    close: () => redraw.show([]),
  };
}

function plainDisplay(items: readonly Item[], print: (line: string) => void): BatchDisplay {
  const shown = new Map<Item, string>();
  return {
    update() {
      for (const item of items) {
        const line = item.line?.replace(/[\d.]+ [kM]B\/s.*/, '').trim();
        if (line === undefined || shown.get(item) === line) continue;
        shown.set(item, line);
        print(printable(`${item.name}  ${line}`));
      }
    },
    ended: (item) => print(endLine(item)),
    print: (line) => print(printable(line)),
    close() {},
  };
}

function endLine({ name, end }: Item): string {
  const reason = [end?.error, end?.cause].filter(Boolean).join(': ');
  return printable([end?.status, name, end?.assetId ?? reason].filter(Boolean).join('  '));
}

/** Returns one line for each running source, and the total. */
function liveLines(items: readonly Item[], columns: number, rows: number): string[] {
  const running = items.filter(({ line }) => line !== undefined);
  const shown = running.slice(0, Math.max(1, rows - 2));
  const lines = shown.map(({ name, line = '' }) => {
    const room = Math.max(8, columns - line.length - 2);
    return `${printable(cutMiddle(room, name))}  ${line}`;
  });
  const hidden = running.length - shown.length;
  return [...lines, totalLine(items, hidden)];
}

function totalLine(items: readonly Item[], hidden: number): string {
  const speed = items.reduce((sum, { bytesPerSecond = 0 }) => sum + bytesPerSecond, 0);
  const parts = [
    `${items.length} in all: ${countsOf(items)}`,
    ...(speed > 0 ? [speedText(speed, 1000)] : []),
    ...(hidden > 0 ? [`${hidden} more running`] : []),
  ];
  return parts.join(', ');
}
