import { formatBytes } from './size.ts';
import { type Wait, waitLine } from './waits.ts';
import { cutTo, durationText, speedText } from './words.ts';

/** The phases of a run, as shown to the user. */
export const phases = {
  hashing: 'Reading the file to identify it (SHA-256)',
  inspecting: 'Checking the source',
  opening: 'Opening an upload session',
  sending: 'Sending chunks',
  confirming: 'Checking that every chunk arrived',
  processing: 'The service is processing the asset',
} as const;

export type Phase = keyof typeof phases;

/** The values of the status line. Times are in milliseconds since 1970. */
export interface TransferView {
  readonly phase: Phase;
  readonly phaseSince: number;
  /** Completed and total bytes of this phase; 0 in a phase without bytes. */
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** Bytes that this run has moved in this phase, and the start time. */
  readonly runBytes: number;
  readonly runSince: number;
  readonly wait: Wait | undefined;
}

/** Time until the speed of a run is a good estimate, in ms. */
const minEtaMs = 1_000;

/** In a narrower terminal, `160.0 of 256.0 MiB` has the unit only once. */
const narrowColumns = 60;

/** The bar uses the remaining columns, within these limits. */
const barColumns = { min: 8, max: 40 } as const;

/** Formats the status as one line of at most `columns` characters. */
export function statusLine(view: TransferView, now: number, columns: number): string {
  if (view.wait) return `  ${waitLine(view.wait, now, columns - 2)}`;
  if (view.totalBytes > 0) return bytesLine(view, now, columns);
  const passedMs = now - view.phaseSince;
  const passed = passedMs < 2_000 ? '' : `, ${durationText(passedMs)} so far`;
  const full = `  ${phases[view.phase]}${passed}`;
  return full.length <= columns ? full : cutTo(columns, `  ${phases[view.phase].split(' (')[0]}`);
}

/** Formats the line for the last byte. In a terminal (with `columns`), it has a bar. */
export function sentLine({ doneBytes }: TransferView, columns?: number): string {
  const size = formatBytes(doneBytes);
  const line = `  100 %  ${size} of ${size}`;
  return columns === undefined ? line : withBar(line, 1, columns);
}

/** Formats bar, percent, bytes, time left and speed, as far as they fit. */
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

/** Returns the time left. Empty in the first second, when the speed is unknown, and at the end. */
function etaOf({ doneBytes, totalBytes, runBytes, runSince }: TransferView, now: number): string[] {
  const left = totalBytes - doneBytes;
  const passedMs = now - runSince;
  if (left <= 0 || runBytes <= 0 || passedMs < minEtaMs) return [];
  return [`${durationText((left / runBytes) * passedMs)} left`];
}

function speedOf({ runBytes, runSince }: TransferView, now: number): string[] {
  return runBytes > 0 && now - runSince >= minEtaMs ? [speedText(runBytes, now - runSince)] : [];
}
