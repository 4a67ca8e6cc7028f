import { type StopMode, stopModes } from './queue.ts';

/** The hours of each day in which transfers start. A window may include midnight. */
export interface TransferWindow {
  /** The opening time, such as `22:00`. */
  readonly from: string;
  /** The closing time, such as `06:00`. This minute is outside the window. */
  readonly to: string;
  /** An IANA name such as `Europe/Berlin`. Daylight saving time applies. */
  readonly timeZone: string;
  /** What happens to active transfers when the window closes. Default: `finish`. */
  readonly underWay?: StopMode | undefined;
}

const dayMinutes = 24 * 60;
const minuteMs = 60_000;

/** Returns why a window is invalid, as the end of a message, or undefined if it is valid. */
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
  // Intl uses the machine's own time zone for undefined.
  if (typeof timeZone !== 'string') return false;
  try {
    formatterOf(timeZone);
    return true;
  } catch {
    return false;
  }
}

/** True if the window is open, or no window is configured. */
export function isWindowOpen(window: TransferWindow | undefined, now: number): boolean {
  if (!window) return true;
  const [from, to] = [minuteOf(window.from), minuteOf(window.to)];
  const minute = minuteOfDay(now, window.timeZone);
  return from < to ? minute >= from && minute < to : minute >= from || minute < to;
}

/** Returns the next opening time, in milliseconds since 1970; `now` while the window is open. */
export function nextOpening(window: TransferWindow, now: number): number {
  let at = now;
  // A window within the hour that daylight saving time skips stays closed that day.
  const latest = now + 3 * dayMinutes * minuteMs;
  while (at < latest && !isWindowOpen(window, at)) at = nextCheck(window, at);
  return at;
}

/** Clocks change at whole quarters of an hour, so checks at each quarter miss no opening. */
const quarterMs = 15 * minuteMs;

function nextCheck({ from, timeZone }: TransferWindow, at: number): number {
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
  return minuteOf(formatterOf(timeZone).format(now));
}

/** Formatters are slow to create, and a process uses one time zone. */
const formatters = new Map<string, Intl.DateTimeFormat>();

/** @throws RangeError - the time zone does not exist */
function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone);
  if (known) return known;
  const digits = '2-digit';
  const options = { timeZone, hour: digits, minute: digits, hourCycle: 'h23' } as const;
  const formatter = new Intl.DateTimeFormat('en', options);
  formatters.set(timeZone, formatter);
  return formatter;
}
