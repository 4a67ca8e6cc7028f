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
    if (!/^([01]\d|2[0-3]):[0-5]\d$/.test(time))
      return `${name} ${JSON.stringify(time)}: must be a time of day such as "22:00"`;
  }
  if (from === to)
    return `from and to are both ${JSON.stringify(from)}: leave transferWindow out to transfer at any time`;
  if (underWay !== undefined && !stopModes.includes(underWay))
    return `underWay ${JSON.stringify(underWay)}: must be ${stopModes.map((mode) => JSON.stringify(mode)).join(' or ')}`;
  if (!isTimeZone(timeZone))
    return `timeZone ${JSON.stringify(timeZone)}: must be an IANA name such as "Europe/Berlin"`;
  return undefined;
}

function isTimeZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return timeZone !== '';
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
  // A change of the clock moves the opening once; each look comes closer.
  for (let look = 0; look < 4 && !isWindowOpen(window, at); look++) {
    const minutes = minuteOf(window.from) - minuteOfDay(at, window.timeZone);
    at = Math.floor(at / minuteMs) * minuteMs + ((minutes + dayMinutes) % dayMinutes) * minuteMs;
  }
  return at;
}

function minuteOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}

function minuteOfDay(now: number, timeZone: string): number {
  const format = new Intl.DateTimeFormat('en', {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  return minuteOf(format.format(now));
}
