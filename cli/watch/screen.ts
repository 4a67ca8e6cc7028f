import { formatBytes } from '#local/terminal/size.ts';
import { printable, speedText } from '#local/terminal/words.ts';
import type { Output } from '../context.ts';
import { type Column, tableOf } from '../output/table.ts';
import { agoText, counted, longText, timeText } from '../output/words.ts';
import { phaseOf } from '../transfers/describe-transfer.ts';
import { percent } from '../transfers/transfer-details.ts';
import { shortId, transferJson, urlOf } from '../transfers/transfer-view.ts';
import { type Moving, type Snapshot, totalSpeed } from './snapshot.ts';

const columns: readonly Column[] = [
  { title: 'ID', importance: 4 },
  { title: 'OBJECT', importance: 0, isFlexible: true, leastWidth: 24 },
  { title: 'DOES', importance: 3 },
  { title: 'MOVED', importance: 0, align: 'right' },
  { title: 'SIZE', importance: 5, align: 'right' },
  { title: 'SPEED', importance: 2, align: 'right' },
  { title: 'LEFT', importance: 1, align: 'right' },
];

/** Returns what a stack moves as lines for a terminal. */
export function screenOf(
  snapshot: Snapshot,
  terminal: Pick<Output, 'isTTY' | 'columns'>,
  rows: number,
): string[] {
  const head = headLine(snapshot);
  const moving = snapshot.moving.map(rowOf);
  const waiting = snapshot.queued.map((record, index) => [
    shortId(record),
    urlOf(record),
    `waits, ${agoText(record.changedAt, snapshot.at)}`,
    `#${index + 1}`,
    formatBytes(record.source.sizeBytes),
    '',
    '',
  ]);
  const all = [...moving, ...waiting];
  if (all.length === 0) return [head];
  const room = Math.max(1, rows - 3);
  const shown = all.slice(0, room);
  const total = snapshot.moving.length + snapshot.queuedCount;
  const hidden = total - shown.length;
  const table = tableOf(columns, shown, terminal).trimEnd().split('\n');
  return [head, ...table, ...(hidden > 0 ? [`…and ${counted(hidden, 'more transfer')}`] : [])];
}

/** Returns the totals as one line. */
export function headLine(snapshot: Snapshot): string {
  const { at, moving, queuedCount, isCountCut, isPaused } = snapshot;
  const speed = totalSpeed(snapshot);
  const parts = [
    `${moving.length} active`,
    `${queuedCount.toLocaleString('en-US')}${isCountCut ? ' or more' : ''} queued`,
    ...(speed > 0 ? [speedText(speed, 1000)] : []),
    ...(isPaused ? ['paused'] : []),
  ];
  return `${timeText(at)}  ${parts.join(', ')}`;
}

function rowOf({ details, bytes, totalBytes, bytesPerSecond, secondsLeft }: Moving): string[] {
  return [
    shortId(details.record),
    urlOf(details.record),
    phaseOf(details),
    percent(bytes, totalBytes),
    formatBytes(totalBytes),
    bytesPerSecond === undefined ? '' : speedText(bytesPerSecond, 1000),
    secondsLeft === undefined ? '' : longText(1000 * secondsLeft),
  ];
}

/** Returns one line about a transfer, for a log. */
export function movingLine(moving: Moving, at: number): string {
  const [, url, does, moved, size, speed, left] = rowOf(moving);
  const pace = [speed, left && `${left} left`].filter(Boolean).join(', ');
  const parts = [timeText(at), url, `${does}, ${moved} of ${size}`, pace].filter(Boolean);
  return printable(parts.join('  '));
}

/** Returns a snapshot as a line of `watch --json`. */
export function snapshotJson(snapshot: Snapshot) {
  const { at, moving, queued, queuedCount, isCountCut, isPaused } = snapshot;
  return {
    version: 1,
    type: 'snapshot',
    at: timeText(at),
    paused: isPaused,
    bytesPerSecond: Math.round(totalSpeed(snapshot)),
    active: moving.map(movingJson),
    queued: { count: queuedCount, isCountCut, first: queued.map(transferJson) },
  };
}

function movingJson({ details, bytes, totalBytes, bytesPerSecond, secondsLeft }: Moving) {
  return {
    ...transferJson(details.record),
    phase: phaseOf(details),
    progress: {
      bytes,
      totalBytes,
      bytesPerSecond: bytesPerSecond && Math.round(bytesPerSecond),
      secondsLeft: secondsLeft && Math.round(secondsLeft),
    },
  };
}
