import Table from 'cli-table3';
import { columnsOf } from '#local/terminal/redraw.ts';
import { cutMiddle, cutTo, printable, widthOf } from '#local/terminal/words.ts';
import type { Output } from '../context.ts';

/** A column of a table for people. */
export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Columns with the highest number are left out first on a narrow terminal. 0: never. */
  readonly importance: number;
  /** Whether the column takes the room that is left; its texts are cut in the middle. */
  readonly isFlexible?: boolean;
  /** The least width of a flexible column; below it, other columns give way. Default: 12. */
  readonly leastWidth?: number;
}

const gap = 2;

const defaultLeastWidth = 12;

function leastWidthOf({ leastWidth = defaultLeastWidth }: Column): number {
  return leastWidth;
}

const noBorders = Object.fromEntries(
  ['top', 'bottom', 'left', 'right', 'mid', 'middle'].flatMap((part) =>
    part === 'middle'
      ? [[part, ' '.repeat(gap)]]
      : ['', '-mid', '-left', '-right'].map((end) => [`${part}${end}`, '']),
  ),
);

/** Formats rows as a table that fits into the output's columns. On a pipe, nothing is cut. */
export function tableOf(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { isTTY, columns: width }: Pick<Output, 'isTTY' | 'columns'>,
): string {
  const texts = rows.map((row) => row.map(printable));
  const room = isTTY ? columnsOf({ columns: width }) : Number.POSITIVE_INFINITY;
  const widths = widthsOf(columns, texts);
  const kept = fitting(columns, widths, room);
  const shown = kept.flatMap((index) => columns[index] ?? []);
  const cells = cellCutter(columns, widths, kept, room);
  const table = createTable(shown);
  for (const row of [columns.map(({ title }) => title), ...texts]) table.push(cells(row));
  const lines = table.toString().split('\n');
  return `${lines.map((line) => cutTo(room, line.trimEnd())).join('\n')}\n`;
}

function widthsOf(columns: readonly Column[], texts: readonly (readonly string[])[]): number[] {
  return columns.map(({ title }, index) =>
    texts.reduce((most, row) => Math.max(most, widthOf(row[index] ?? '')), title.length),
  );
}

function createTable(shown: readonly Column[]) {
  return new Table({
    chars: noBorders,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: shown.map(({ align = 'left' }) => align),
  });
}

/** Returns a function that returns the shown cells of a row. Flexible columns get the room that the others leave. */
function cellCutter(
  columns: readonly Column[],
  widths: readonly number[],
  kept: readonly number[],
  room: number,
): (row: readonly string[]) => string[] {
  const fixed = kept.filter((index) => !columns[index]?.isFlexible);
  const used = fixed.reduce((sum, index) => sum + (widths[index] ?? 0), gap * (kept.length - 1));
  return (row) =>
    kept.map((index) => {
      const column = columns[index];
      const text = row[index] ?? '';
      if (!column?.isFlexible) return text;
      return cutMiddle(Math.max(leastWidthOf(column), room - used), text);
    });
}

/** Returns the indexes of the columns that fit, least important ones left out. */
function fitting(columns: readonly Column[], widths: readonly number[], room: number): number[] {
  let kept = columns.map((_, index) => index);
  const needed = () =>
    kept.reduce((sum, index) => {
      const width = widths[index] ?? 0;
      const column = columns[index];
      return sum + gap + (column?.isFlexible ? Math.min(width, leastWidthOf(column)) : width);
    }, -gap);
  while (needed() > room) {
    const last = kept.reduce((worst, index) =>
      (columns[index]?.importance ?? 0) > (columns[worst]?.importance ?? 0) ? index : worst,
    );
    if ((columns[last]?.importance ?? 0) === 0) break;
    kept = kept.filter((index) => index !== last);
  }
  return kept;
}
