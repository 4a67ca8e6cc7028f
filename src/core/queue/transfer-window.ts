import { type StopMode, stopModes } from './queue.ts';

/** The hours of each day in which transfers start. A window may go past midnight. */
export interface TransferWindow {
  /** When it opens, as `22:00`. */
  readonly from: string;
  /** When it closes, as `06:00`; this minute is outside. */
  readonly to: string;
  /** An IANA name: `Europe/Berlin`. Summer time counts. */
  readonly timeZone: string;
  /** What happens to the transfers under way when it closes. Default: `finish`. */
  readonly underWay?: StopMode | undefined;
}

const dayMinutes = 24 * 60;
const minuteMs = 60_000;

/** Returns what is wrong with a window, in words for a message, or undefined. */
export function windowFlaw({ from, to, timeZone, underWay }: TransferWindow): string | undefined {
  for (const [name, time] of Object.entries({ from, to })) {
    if (typeof time !== 'string' || !/^([01]\d|2[0-3]):[0-5]\d$/.test(time))
      return `${name} ${JSON.stringify(time)}: must be a time of day such as "22:00"`;
  }
  if (from === to)
    return `to ${JSON.stringify(to)}: must differ from "from". Leave transferWindow out to transfer at any time`;
  if (underWay !== undefined && !stopModes.includes(underWay))
    return `underWay ${JSON.stringify(underWay)}: must be ${stopModes.map((mode) => JSON.stringify(mode)).join(' or ')}`;
  if (!isTimeZone(timeZone))
    return `timeZone ${JSON.stringify(timeZone)}: must be an IANA name such as "Europe/Berlin"`;
  return undefined;
}

function isTimeZone(timeZone: unknown): boolean {
  // Intl reads an absent zone as this machine's own.
  if (typeof timeZone !== 'string') return false;
  try {
    clockOf(timeZone);
    return true;
  } catch {
    return false;
  }
}

/** Whether transfers may start now. Without a window they always may. */
export function isWindowOpen(window: TransferWindow | undefined, now: number): boolean {
  if (!window) return true;
  const [from, to] = [minuteOf(window.from), minuteOf(window.to)];
  const minute = minuteOfDay(now, window.timeZone);
  return from < to ? minute >= from && minute < to : minute >= from || minute < to;
}

/** Returns when the window opens next, in milliseconds since 1970; `now` while it is open. */
export function nextOpening(window: TransferWindow, now: number): number {
  let at = now;
  // A window inside the hour that summer time skips stays closed that day.
  const latest = now + 3 * dayMinutes * minuteMs;
  while (at < latest && !isWindowOpen(window, at)) at = nextLook(window, at);
  return at;
}

/** Clocks change at whole quarters of an hour, so that no opening lies before the next one. */
const quarterMs = 15 * minuteMs;

function nextLook({ from, timeZone }: TransferWindow, at: number): number {
  const minutes = (minuteOf(from) - minuteOfDay(at, timeZone) + dayMinutes) % dayMinutes;
  const opening = Math.floor(at / minuteMs) * minuteMs + minutes * minuteMs;
  const quarter = Math.floor(at / quarterMs) * quarterMs + quarterMs;
  return opening > at ? Math.min(opening, quarter) : quarter;
}

function minuteOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}

function minuteOfDay(now: number, timeZone: string): number {
  return minuteOf(clockOf(timeZone).format(now));
}

/** Formatters are slow to make, and a process asks about one zone. */
const clocks = new Map<string, Intl.DateTimeFormat>();

/** @throws RangeError - no such time zone */
function clockOf(timeZone: string): Intl.DateTimeFormat {
  const known = clocks.get(timeZone);
  if (known) return known;
  const digits = '2-digit';
  const options = { timeZone, hour: digits, minute: digits, hourCycle: 'h23' } as const;
  const made = new Intl.DateTimeFormat('en', options);
  clocks.set(timeZone, made);
  return made;
}
