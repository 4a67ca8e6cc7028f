import { formatBytes } from '../commands/size.ts';
import type { Sent } from './transfer-state.ts';
import { printable, speedText } from './words.ts';

type Line = readonly [string, string];
type Output = Readonly<Record<string, unknown>>;

/** A terminal narrower than this gets each value under its name. */
const wideColumns = 60;

/**
 * An execution's output, one fact a line.
 * @param source - the line that names what was sent
 * @param sent - what this run has sent, which is less than the whole after a resume
 * @param more - lines behind the others
 */
export function summaryOf(
  output: Output,
  source: Line,
  sent: Sent,
  more: readonly Line[] = [],
  columns = process.stdout.columns || 80,
): string {
  const lines: Line[] = [
    ['asset id', String(output.assetId)],
    [source[0], printable(source[1])],
    ...measures(output, sent),
    ...more,
  ];
  const width = Math.max(...lines.map(([name]) => name.length)) + 2;
  const isNarrow = columns < wideColumns;
  const written = lines.map(([name, value]) =>
    isNarrow ? `${name}\n  ${value}\n` : `${name.padEnd(width)}${value}\n`,
  );
  return `\n${written.join('')}`;
}

/** What a transfer measured; one that was done before measured nothing now. */
function measures(output: Output, sent: Sent): Line[] {
  const { bytes, chunks, secondsToBytesComplete, secondsToReady, retries } = output;
  if (typeof bytes !== 'number') return [];
  const again = Object.entries((retries ?? {}) as Record<string, number>);
  return [
    ['bytes', `${bytes.toLocaleString('en-US')} (${formatBytes(bytes)})`],
    ['chunks', String(chunks)],
    ...secondsOf(Number(secondsToBytesComplete), Number(secondsToReady)),
    ...sentLines(sent),
    [
      'done again',
      again.length === 0
        ? 'nothing'
        : again.map(([cause, count]) => `${cause} ${count}`).join(', '),
    ],
  ];
}

function secondsOf(toComplete: number, toReady: number): Line[] {
  if (Number.isNaN(toComplete)) return [];
  const ready = Number.isNaN(toReady) ? '' : `, ${toReady.toFixed(1)} until the asset was ready`;
  return [['seconds', `${toComplete.toFixed(1)} until all bytes had arrived${ready}`]];
}

/** Bytes of this run over its own time: what an earlier run sent has no part in the speed. */
function sentLines({ bytes, milliseconds, resumedBytes }: Sent): Line[] {
  const speed: Line[] = bytes > 0 ? [['speed', speedText(bytes, milliseconds)]] : [];
  const resumed: Line[] =
    resumedBytes > 0 ? [['resumed', `${formatBytes(resumedBytes)} were there already`]] : [];
  return [...speed, ...resumed];
}
