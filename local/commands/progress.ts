import { Presets, SingleBar } from 'cli-progress';
import type { Log, LogFields } from '#src/core/ports.ts';
import { printable } from './command-line.ts';
import { formatBytes } from './size.ts';

/** Where progress is shown: a terminal gets a bar, anything else plain lines. */
type Output = NodeJS.WriteStream;

/** Shows how far the bytes of one transfer have come. */
export interface Progress {
  /** The log to give to the steps: progress is read from what they log, and problems are shown. */
  readonly log: Log;
  /** One line between the others. */
  say(line: string): void;
  /** Leaves the terminal as a person expects it. */
  stop(): void;
}

interface Meter {
  start(total: number, moved: number): void;
  moved(bytes: number): void;
  stop(): void;
}

/** Shows progress on `output`. */
export function createProgress(output: Output): Progress {
  const meter = output.isTTY ? barMeter(output) : lineMeter(output);
  const say = (line: string) => void output.write(`${line}\n`);
  const problem = (message: string, fields: LogFields = {}) => {
    const told = Object.entries(fields).filter(([name]) => name !== 'transferId');
    meter.stop();
    say(printable(`  ! ${message}${told.map(([name, value]) => ` ${name}=${value}`).join('')}`));
  };
  const waits = createWaitLines();
  const info = (message: string, fields: LogFields = {}) => {
    if (message === 'waiting' || message === 'trying again') {
      const line = waits.lineOf(fields);
      if (line === undefined) return;
      meter.stop();
      say(printable(line));
    }
    if (message === 'upload planned')
      meter.start(Number(fields.sizeBytes), Number(fields.provenBytes));
    if (message === 'chunk proof kept') meter.moved(Number(fields.sizeBytes));
  };
  // A step that failed may be tried again; what ends the transfer is told once, at its end.
  const error = () => {};
  return { log: { info, warn: problem, error }, say, stop: () => meter.stop() };
}

/** A wait for the same reason is shown again after this long, in ms. */
const repeatAfterMs = 60_000;

/** Says what is waited for and until when; one line for many waits of the same kind. */
function createWaitLines() {
  const shownAt = new Map<unknown, number>();
  return {
    lineOf: ({ error, reason, nextTry }: LogFields): string | undefined => {
      const now = Date.now();
      const seconds = Math.max(1, Math.round((Date.parse(String(nextTry)) - now) / 1000));
      if (now - (shownAt.get(error) ?? 0) < repeatAfterMs) return undefined;
      shownAt.set(error, now);
      return `  Waiting (${error}): ${String(reason).replace(/\.$/, '')}. Next try in ${durationOf(seconds)}.`;
    },
  };
}

function durationOf(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

function barMeter(output: Output): Meter {
  let total = 0;
  let moved = 0;
  let bar: SingleBar | undefined;
  const show = () => {
    if (!bar) {
      bar = new SingleBar(barOptions(output), Presets.shades_classic);
      bar.start(total, moved);
    }
    bar.update(moved);
  };
  return {
    start(of, from) {
      total = of;
      moved = from;
      show();
    },
    moved(bytes) {
      moved += bytes;
      show();
    },
    stop() {
      bar?.stop();
      bar = undefined;
    },
  };
}

function barOptions(stream: Output) {
  return {
    stream,
    format: '  {bar} {percentage} %  {value} of {total}  ETA {eta_formatted}',
    formatValue: (value: number, _options: object, type: string) =>
      type === 'value' || type === 'total' ? formatBytes(value) : String(value),
    hideCursor: true,
    clearOnComplete: false,
    fps: 10,
  };
}

function lineMeter(output: Output): Meter {
  let total = 0;
  let moved = 0;
  let tenth = 0;
  return {
    start(of, from) {
      total = of;
      moved = from;
      tenth = Math.floor((10 * moved) / total);
      if (moved > 0)
        output.write(`  ${formatBytes(moved)} of ${formatBytes(total)} are there already\n`);
    },
    moved(bytes) {
      moved += bytes;
      const now = Math.floor((10 * moved) / total);
      if (now > tenth)
        output.write(`  ${now * 10} %  ${formatBytes(moved)} of ${formatBytes(total)}\n`);
      tenth = now;
    },
    stop() {},
  };
}
