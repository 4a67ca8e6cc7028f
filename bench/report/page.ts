import { readFileSync } from 'node:fs';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { billLimits, transitionChunkBytes, transitionLimits } from '../cost/bill-limits.ts';
import { billId } from '../cost/recorded-bill.ts';
import type { Quartiles } from '../measure/statistics.ts';
import { type Limit, type Measure, measures, verdictOf } from '../plan/measures.ts';
import { rows } from '../plan/rows.ts';
import type { Provenance, RecordedFinding, Results } from './record.ts';
import { withQuartiles } from './tables.ts';

/** The page and the plot that `npm run docs:performance` writes. */
export const pageFile = new URL('../../docs/performance.md', import.meta.url);
export const plotFile = new URL('../../docs/performance.svg', import.meta.url);

/**
 * Returns the page with its generated parts replaced. The text around them is written by hand.
 * @throws UnexpectedError - the page lacks the comments around a part
 */
export function renderPerformancePage(
  results: Results,
  page = readFileSync(pageFile, 'utf8'),
): string {
  const parts: Readonly<Record<string, string>> = {
    goals: goalsTable(results),
    speed: speedTables(results),
    bill: billTable(results),
  };
  return Object.entries(parts).reduce((text, [name, part]) => replace(text, name, part), page);
}

function replace(page: string, name: string, part: string): string {
  const [start, end] = [`<!-- generated: ${name} -->`, `<!-- end of ${name} -->`];
  const [from, to] = [page.indexOf(start), page.indexOf(end)];
  if (from < 0 || to < from) {
    const message = `docs/performance.md has no part between "${start}" and "${end}"`;
    throw new TransferError('UnexpectedError', message);
  }
  return `${page.slice(0, from + start.length)}\n${part}\n${page.slice(to)}`;
}

function tableOf(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const toLine = (cells: readonly string[]) => `| ${cells.map(escaped).join(' | ')} |`;
  return [toLine(head), `|${head.map(() => '---|').join('')}`, ...lines.map(toLine)].join('\n');
}

/** A pipe inside a cell would end it. */
function escaped(cell: string): string {
  return cell.replaceAll('|', '\\|');
}

function goalsTable({ measures: recorded, bills }: Results): string {
  const measured = measures
    .filter(({ limit }) => limit)
    .map((measure) => goalLine(measure, recorded[measure.id]));
  const priced = Object.entries(billLimits).map(([id, limit]) => {
    const bill = bills[id];
    const value = bill ? `${bill.dollarsPerTb.toFixed(2)} $/TB` : '–';
    const name = `${id}: AWS bill of a TB, apart from egress`;
    return [name, limitText(limit, '$'), value, verdictOf(bill?.dollarsPerTb, limit), of(bill)];
  });
  const counted = transitionLimits.map(([sizeBytes, value]) => {
    const id = billId({ sizeBytes, chunkSizeBytes: transitionChunkBytes });
    const found = bills[id]?.transitions;
    const limit: Limit = { rule: 'at most', value };
    const name = `${id}: state transitions, poll rounds apart`;
    return [
      name,
      limitText(limit, ''),
      String(found ?? '–'),
      verdictOf(found, limit),
      of(bills[id]),
    ];
  });
  return tableOf(
    ['goal', 'limit', 'measured', 'verdict', 'runs, date, commit'],
    [...measured, ...priced, ...counted],
  );
}

function goalLine(measure: Measure, found: RecordedFinding | undefined): string[] {
  const {
    name,
    unit,
    limit,
    rows: [row = ''],
  } = measure;
  const value = found ? `${withQuartiles(found, unit === 'MiB' ? 0 : 2)} ${unit}` : '–';
  const origin = found ? `${found.runs} runs, ${of(found)}` : '–';
  const title = `${row}: ${name}`;
  return [title, limitText(limit, unit), value, verdictOf(found?.median, limit), origin];
}

function limitText(limit: Limit | undefined, unit: string): string {
  return limit ? `${limit.rule} ${limit.value} ${unit}`.trim() : '';
}

function of(at: Provenance | undefined): string {
  return at ? `${at.date}, ${at.commit}` : '–';
}

function speedTables({ rows: recorded }: Results): string {
  const parts = rows.flatMap(({ id, title, objects }) => {
    const found = recorded[id];
    if (!found) return [];
    const { node, cpu, cores } = found;
    const lines = Object.entries(found.movers).map(([mover, summary]) => [
      `\`${mover}\``,
      withQuartiles(summary.megabytesPerSecond, 0),
      withQuartiles(summary.cpuSecondsPerGib, 2),
      optional(summary.peakRssMib),
      String(summary.runs),
    ]);
    const count = objects > 1 ? `, ${objects} objects a run` : '';
    const about = `${of(found)}, Node ${node}, ${cores} cores of ${cpu}`;
    const head = ['mover', 'MB/s', 'CPU s/GiB', 'peak RSS, MiB', 'runs'];
    return [`**${id}**: ${title}${count} (${about})\n\n${tableOf(head, lines)}`];
  });
  return parts.length > 0 ? `\n${parts.join('\n\n')}\n` : '\nNo row is recorded yet.\n';
}

function optional(quartiles: Quartiles | undefined): string {
  return quartiles ? withQuartiles(quartiles, 0) : '–';
}

function billTable({ bills }: Results): string {
  const ids = Object.keys(bills);
  const [first] = Object.values(bills);
  if (!first) return '\nNo bill is recorded yet.\n';
  const lines = first.lines.map(({ name }, n) => [
    name,
    ...ids.map((id) => {
      const line = bills[id]?.lines[n];
      return line ? `${line.dollarsPerTb.toFixed(4)} (${quantityText(line.quantity)})` : '–';
    }),
  ]);
  const sum = ['**sum**', ...ids.map((id) => `**${bills[id]?.dollarsPerTb.toFixed(3)}**`)];
  return tableOf(['$/TB (units a transfer)', ...ids], [...lines, sum]);
}

function quantityText(quantity: number): string {
  return Number.isInteger(quantity) ? String(quantity) : quantity.toPrecision(3);
}
