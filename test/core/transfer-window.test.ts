import { describe, expect, it } from 'vitest';
import {
  isWindowOpen,
  nextOpening,
  type TransferWindow,
  windowFlaw,
} from '#src/core/queue/transfer-window.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const berlin = 'Europe/Berlin';
const night: TransferWindow = { from: '22:00', to: '06:00', timeZone: berlin };
const at = (text: string) => Date.parse(text);

describe('a transfer window', () => {
  it.each([
    ['2026-11-21T20:59:59.999Z', false],
    ['2026-11-21T21:00:00.000Z', true],
    ['2026-11-21T23:00:00.000Z', true],
    ['2026-11-22T04:59:59.999Z', true],
    ['2026-11-22T05:00:00.000Z', false],
  ])('past midnight, at %s: open is %s', (now, isOpen) => {
    expect(isWindowOpen(night, at(now))).toBe(isOpen);
  });

  it.each([
    ['2026-11-21T07:59:00Z', false],
    ['2026-11-21T08:00:00Z', true],
    ['2026-11-21T16:59:00Z', true],
    ['2026-11-21T17:00:00Z', false],
  ])('within a day, at %s: open is %s', (now, isOpen) => {
    const day = { from: '08:00', to: '17:00', timeZone: 'UTC' };
    expect(isWindowOpen(day, at(now))).toBe(isOpen);
  });

  it.each([
    ['Asia/Kolkata', '2026-11-21T16:30:00Z'],
    ['Australia/Eucla', '2026-11-21T13:15:00Z'],
    ['Pacific/Kiritimati', '2026-11-21T08:00:00Z'],
    ['America/St_Johns', '2026-11-22T01:30:00Z'],
    ['UTC', '2026-11-21T22:00:00Z'],
  ])('opens by the local time of %s', (timeZone, opens) => {
    const window = { ...night, timeZone };
    expect(isWindowOpen(window, at(opens) - 1)).toBe(false);
    expect(isWindowOpen(window, at(opens))).toBe(true);
  });

  it('follows daylight saving time in both directions', () => {
    expect(isWindowOpen(night, at('2026-07-01T20:00:00Z'))).toBe(true);
    expect(isWindowOpen(night, at('2026-12-01T20:00:00Z'))).toBe(false);
  });

  it('is always open if none is configured', () => {
    expect(isWindowOpen(undefined, 0)).toBe(true);
  });
});

describe('the next opening', () => {
  it('is now while the window is open', () => {
    const now = at('2026-11-21T23:12:34.567Z');
    expect(nextOpening(night, now)).toBe(now);
  });

  it('is immediate in the hour that daylight saving time skips', () => {
    const window = { ...night, from: '02:30' };
    expect(nextOpening(window, at('2026-03-29T00:50:00Z'))).toBe(at('2026-03-29T01:00:00Z'));
  });

  it('is on the next day if the whole window is in the skipped hour', () => {
    const window = { from: '02:30', to: '02:45', timeZone: berlin };
    expect(nextOpening(window, at('2026-03-29T00:50:00Z'))).toBe(at('2026-03-30T00:30:00Z'));
  });

  it('occurs twice in the repeated hour', () => {
    const window = { from: '02:30', to: '02:45', timeZone: berlin };
    const first = nextOpening(window, at('2026-10-24T22:00:00Z'));
    expect(first).toBe(at('2026-10-25T00:30:00Z'));
    expect(nextOpening(window, first + 15 * minuteMs)).toBe(at('2026-10-25T01:30:00Z'));
  });

  it('agrees with a check at every minute, for every hour of a year', () => {
    // The window is closed for a few minutes only, so few minutes must be checked.
    const window = { from: '03:30', to: '01:30', timeZone: berlin };
    expectSameAsEveryMinute(window, at('2026-01-01T00:00:00Z'), 365 * 24, hourMs);
  });

  it.each([
    { from: '02:30', to: '02:45', timeZone: berlin, day: '2026-03-29' },
    { from: '02:30', to: '02:45', timeZone: berlin, day: '2026-10-25' },
    { from: '01:59', to: '03:00', timeZone: 'Europe/London', day: '2026-03-29' },
    { from: '01:40', to: '01:41', timeZone: 'Australia/Lord_Howe', day: '2026-04-05' },
    { from: '02:10', to: '02:20', timeZone: 'Australia/Lord_Howe', day: '2026-10-04' },
    { from: '23:50', to: '00:05', timeZone: 'Asia/Beirut', day: '2026-03-29' },
    { from: '00:10', to: '23:50', timeZone: 'America/Santiago', day: '2026-09-06' },
  ])('agrees in $timeZone around the clock change on $day', ({ day, ...window }) => {
    expectSameAsEveryMinute(window, at(`${day}T00:00:00Z`) - 0.8 * dayMs, 120, 17 * minuteMs + 7);
  });
});

/** Compares `nextOpening` with a check at every minute, in steps from `start`. */
function expectSameAsEveryMinute(
  window: TransferWindow,
  start: number,
  steps: number,
  stepMs: number,
): void {
  const isOpenAt = everyMinute(window);
  const wrong: string[] = [];
  let found = 0;
  for (let step = 0; step < steps; step++) {
    const now = start + step * stepMs;
    if (found < now) found = now;
    while (!isOpenAt(found)) found = Math.floor(found / minuteMs) * minuteMs + minuteMs;
    if (nextOpening(window, now) !== found) wrong.push(new Date(now).toISOString());
  }
  expect(wrong).toEqual([]);
}

/** True if the window is open at a minute, from the parts of the local time. */
function everyMinute({ from, to, timeZone }: TransferWindow): (now: number) => boolean {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, timeStyle: 'short' });
  return (now) => {
    const time = format.format(now);
    return from < to ? from <= time && time < to : from <= time || time < to;
  };
}

describe('the flaw of a window', () => {
  it.each([
    [{ from: '24:00' }, 'from "24:00": must be a time of day such as "22:00"'],
    [{ to: '6:00' }, 'to "6:00": must be a time of day such as "22:00"'],
    [{ to: '06:60' }, 'to "06:60": must be a time of day such as "22:00"'],
    [{ from: '22:00:00' }, 'from "22:00:00": must be a time of day such as "22:00"'],
    [{ from: '' }, 'from "": must be a time of day such as "22:00"'],
    [{ from: '22:00\n' }, 'from "22:00\\n": must be a time of day such as "22:00"'],
    [
      { from: '06:00' },
      'to "06:00": must differ from "from". Leave transferWindow out to transfer at any time',
    ],
    [{ timeZone: 'Berlin' }, 'timeZone "Berlin": must be an IANA name such as "Europe/Berlin"'],
    [{ timeZone: '' }, 'timeZone "": must be an IANA name such as "Europe/Berlin"'],
    [{ timeZone: undefined }, 'timeZone undefined: must be an IANA name such as "Europe/Berlin"'],
    [{ underWay: 'kill' }, 'underWay "kill": must be "finish" or "stop"'],
  ])('quotes the value of %j', (changes, flaw) => {
    expect(windowFlaw({ ...night, ...changes } as TransferWindow)).toBe(flaw);
  });

  it.each([
    {},
    { from: '00:00', to: '23:59' },
    { underWay: 'stop' as const },
    { timeZone: 'UTC' },
    { timeZone: 'America/Argentina/Buenos_Aires' },
  ])('is undefined for %j', (changes) => {
    expect(windowFlaw({ ...night, ...changes })).toBeUndefined();
  });
});
