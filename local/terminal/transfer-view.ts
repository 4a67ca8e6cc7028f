import { formatBytes } from '../commands/size.ts';
import { type Wait, waitLine } from './waits.ts';
import { cutTo, durationText, speedText } from './words.ts';

/** What a run does at the moment, in the words that the user reads. */
export const phases = {
  hashing: 'Reading the file to identify it (SHA-256)',
  inspecting: 'Looking at the source',
  opening: 'Opening an upload session',
  sending: 'Sending chunks',
  confirming: 'Checking that every chunk arrived',
  processing: 'The service processes the asset',
} as const;

export type Phase = keyof typeof phases;

/** All that the status line is drawn from. Times are milliseconds since 1970. */
export interface TransferView {
  readonly phase: Phase;
  readonly phaseSince: number;
  /** Bytes that are done in this phase, and all of them; 0 where the phase counts none. */
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** Bytes that this run has moved in this phase, and since when. */
  readonly runBytes: number;
  readonly runSince: number;
  readonly wait: Wait | undefined;
}

/** Before that the speed of a run says nothing about its end. */
const minEtaMs = 1_000;

/** Below this the same unit is not written twice. */
const narrowColumns = 60;

/** The bar takes what the words leave, within these columns. */
const barColumns = { min: 8, max: 40 } as const;

/** The status as one line of at most `columns` characters. */
export function statusLine(view: TransferView, now: number, columns: number): string {
  if (view.wait) return `  ${waitLine(view.wait, now, columns - 2)}`;
  if (view.totalBytes > 0) return bytesLine(view, now, columns);
  const passedMs = now - view.phaseSince;
  const passed = passedMs < 2_000 ? '' : `, ${durationText(passedMs)} so far`;
  const full = `  ${phases[view.phase]}${passed}`;
  return full.length <= columns ? full : cutTo(columns, `  ${phases[view.phase].split(' (')[0]}`);
}

/** The line that stays when all bytes are sent; with a bar where a terminal's columns are given. */
export function sentLine({ doneBytes }: TransferView, columns?: number): string {
  const size = formatBytes(doneBytes);
  const line = `  100 %  ${size} of ${size}`;
  return columns === undefined ? line : withBar(line, 1, columns);
}

/** Bar, percent, bytes, time left and speed: the last ones are left out where they do not fit. */
function bytesLine(view: TransferView, now: number, columns: number): string {
  const { doneBytes, totalBytes } = view;
  const percent = `${Math.floor((100 * doneBytes) / totalBytes)} %`.padStart(5);
  const name = view.phase === 'hashing' ? ['Hashing'] : [];
  const bytes = bytesOf(doneBytes, totalBytes, columns < narrowColumns);
  const pieces = [...name, percent, bytes, ...etaOf(view, now), ...speedOf(view, now)];
  let line = `  ${pieces[0]}`;
  for (const piece of pieces.slice(1)) {
    const longer = `${line}  ${piece}`;
    if (longer.length <= columns) line = longer;
  }
  return withBar(line, doneBytes / totalBytes, columns);
}

function bytesOf(done: number, total: number, isNarrow: boolean): string {
  const [amount, unit] = formatBytes(done).split(' ');
  const whole = formatBytes(total);
  return isNarrow && whole.endsWith(` ${unit}`)
    ? `${amount} of ${whole}`
    : `${amount} ${unit} of ${whole}`;
}

function withBar(line: string, share: number, columns: number): string {
  const room = Math.min(barColumns.max, columns - line.length - 2);
  if (room < barColumns.min) return cutTo(columns, line);
  const filled = Math.round(share * room);
  return `  ${'█'.repeat(filled)}${'░'.repeat(room - filled)}${line}`;
}

/** No time is shown that is not known: none before a second of moving, none at the end. */
function etaOf({ doneBytes, totalBytes, runBytes, runSince }: TransferView, now: number): string[] {
  const left = totalBytes - doneBytes;
  const passedMs = now - runSince;
  if (left <= 0 || runBytes <= 0 || passedMs < minEtaMs) return [];
  return [`${durationText((left / runBytes) * passedMs)} left`];
}

function speedOf({ runBytes, runSince }: TransferView, now: number): string[] {
  return runBytes > 0 && now - runSince >= minEtaMs ? [speedText(runBytes, now - runSince)] : [];
}
