import { printable } from './command-line.ts';
import { formatBytes } from './size.ts';

/** An execution's output as a person reads it, one fact a line, and further lines behind them. */
export function summaryOf(
  output: Readonly<Record<string, unknown>>,
  more: readonly (readonly [string, string])[] = [],
): string {
  const lines: (readonly [string, string])[] = [
    ['asset id', String(output.assetId)],
    ['object', printable(`s3://${output.bucket}/${output.key}`)],
    ...measures(output),
    ...more,
  ];
  const width = Math.max(...lines.map(([name]) => name.length)) + 2;
  return `\n${lines.map(([name, value]) => `${name.padEnd(width)}${value}\n`).join('')}`;
}

/** What a transfer measured; one that was done before measured nothing now. */
function measures({
  bytes,
  chunks,
  secondsToBytesComplete,
  secondsToReady,
  retries,
}: Readonly<Record<string, unknown>>): [string, string][] {
  if (typeof bytes !== 'number') return [];
  const seconds = Number(secondsToBytesComplete);
  const again = Object.entries((retries ?? {}) as Record<string, number>);
  return [
    ['bytes', `${bytes.toLocaleString('en-US')} (${formatBytes(bytes)})`],
    ['chunks', String(chunks)],
    [
      'seconds',
      `${seconds.toFixed(1)} until all bytes had arrived, ${Number(secondsToReady).toFixed(1)} until the asset was ready`,
    ],
    ['speed', `${(bytes / 1e6 / seconds).toFixed(1)} MB/s`],
    [
      'done again',
      again.length === 0
        ? 'nothing'
        : again.map(([cause, count]) => `${cause} ${count}`).join(', '),
    ],
  ];
}
