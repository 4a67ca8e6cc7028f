import { formatBytes } from './size.ts';
import type { Sent } from './transfer-state.ts';
import { printable, speedText } from './words.ts';

type Line = readonly [string, string];
type Output = Readonly<Record<string, unknown>>;

/** In a narrower terminal, each value has its own line. */
const wideColumns = 60;

export interface SummaryOptions {
  /** What the destination makes of an object: "asset", "file". */
  readonly asset: string;
  /** Further lines at the end. */
  readonly more?: readonly Line[];
  readonly columns?: number;
}

/**
 * Formats an execution's output, one value a line.
 * @param source - the line that names the sent file or object
 * @param sent - the bytes that this run has sent; after a resume, fewer than the whole
 */
export function summaryOf(
  output: Output,
  source: Line,
  sent: Sent,
  { asset, more = [], columns = process.stdout.columns || 80 }: SummaryOptions,
): string {
  const lines: Line[] = [
    [`${asset} id`, String(output.assetId)],
    [source[0], printable(source[1])],
    ...measures(output, sent, asset),
    ...more,
  ];
  const width = Math.max(...lines.map(([name]) => name.length)) + 2;
  const isNarrow = columns < wideColumns;
  const written = lines.map(([name, value]) =>
    isNarrow ? `${name}\n  ${value}\n` : `${name.padEnd(width)}${value}\n`,
  );
  return `\n${written.join('')}`;
}

/** Returns the measures of a transfer. A transfer that was ready before has none. */
function measures(output: Output, sent: Sent, asset: string): Line[] {
  const { bytes, chunks, secondsToBytesComplete, secondsToReady, retries } = output;
  if (typeof bytes !== 'number') return [];
  const causes = Object.entries((retries ?? {}) as Record<string, number>);
  return [
    ['bytes', `${bytes.toLocaleString('en-US')} (${formatBytes(bytes)})`],
    ['chunks', String(chunks)],
    ...secondsOf(Number(secondsToBytesComplete), Number(secondsToReady), asset),
    ...sentLines(sent),
    ['retries', causes.map(([cause, count]) => `${cause} ${count}`).join(', ') || 'none'],
  ];
}

function secondsOf(toComplete: number, toReady: number, asset: string): Line[] {
  if (Number.isNaN(toComplete)) return [];
  const ready = Number.isNaN(toReady)
    ? ''
    : `, ${toReady.toFixed(1)} s until the ${asset} was ready`;
  return [['time', `${toComplete.toFixed(1)} s until all bytes had arrived${ready}`]];
}

/** Returns the speed of this run. Bytes and time of earlier runs do not count. */
function sentLines({ bytes, milliseconds, resumedBytes }: Sent): Line[] {
  const speed: Line[] =
    bytes > 0 ? [['speed', `${speedText(bytes, milliseconds)} while sending`]] : [];
  const resumed: Line[] =
    resumedBytes > 0 ? [['resumed', `${formatBytes(resumedBytes)} from an earlier run`]] : [];
  return [...speed, ...resumed];
}
