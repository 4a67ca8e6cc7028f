import { describe, expect, it } from 'vitest';
import { maxStopSeconds } from '#src/core/limits/limits.ts';
import { retryAfterSeconds } from '#src/service-api/retry-after.ts';

const now = Date.UTC(2026, 10, 21, 12, 0, 0);
const inSeconds = (seconds: number) => String(now / 1000 + seconds);

describe('retryAfterSeconds', () => {
  it.each([
    ['seconds', { 'retry-after': '17' }, 17],
    ['a fraction of a second, rounded up', { 'retry-after': '1.2' }, 2],
    ['a date', { 'retry-after': 'Sat, 21 Nov 2026 12:00:30 GMT' }, 30],
    [
      'a date with a day of one digit',
      { 'retry-after': 'Tue, 1 Dec 2026 12:00:00 GMT' },
      maxStopSeconds,
    ],
    ['a date of RFC 850', { 'retry-after': 'Saturday, 21-Nov-26 12:00:30 GMT' }, 30],
    ['a date of asctime', { 'retry-after': 'Sat Nov 21 12:00:30 2026' }, 30],
    [
      'a date of asctime with a padded day',
      { 'retry-after': 'Tue Dec  1 12:00:00 2026' },
      maxStopSeconds,
    ],
    [
      'a date that is doubled',
      { 'retry-after': 'Sat, 21 Nov 2026 12:00:30 GMT, Sat, 21 Nov 2026 12:00:30 GMT' },
      30,
    ],
    ['seconds that are doubled', { 'retry-after': '60, 60' }, 60],
    ['the largest of several', { 'retry-after': '5,60' }, 60],
    [
      "a date by the server's clock",
      { 'retry-after': 'Sat, 21 Nov 2026 13:00:30 GMT', date: 'Sat, 21 Nov 2026 13:00:00 GMT' },
      30,
    ],
    [
      "a reset by the server's clock",
      { 'x-ratelimit-reset': inSeconds(-3555), date: 'Sat, 21 Nov 2026 11:00:00 GMT' },
      45,
    ],
    ['a date by our clock where theirs is none', { 'retry-after': inSeconds(30), date: 'now' }, 30],
    ['milliseconds, rounded up', { 'retry-after-ms': '2001' }, 3],
    ['the reset of the rate limit', { 'x-ratelimit-reset': inSeconds(45) }, 45],
    ['seconds before the others', { 'retry-after': '5', 'retry-after-ms': '9000' }, 5],
    [
      'milliseconds before the reset',
      { 'retry-after-ms': '9000', 'x-ratelimit-reset': inSeconds(45) },
      9,
    ],
    [
      'the next one when the first makes no sense',
      { 'retry-after': 'soon', 'retry-after-ms': '1000' },
      1,
    ],
    ['hours, for a quota', { 'retry-after': '43200' }, 43_200],
    ['the bound when more is asked', { 'retry-after': '999999' }, maxStopSeconds],
    ['the bound when a reset is far away', { 'x-ratelimit-reset': '99999999999' }, maxStopSeconds],
    ['a reset that is a delay', { 'x-ratelimit-reset': '60' }, 60],
    ['the reset of the draft standard', { 'ratelimit-reset': '30' }, 30],
    ['a reset in milliseconds since 1970', { 'x-ratelimit-reset': String(now + 2000) }, 2],
    ['seconds that are a time since 1970', { 'retry-after': inSeconds(40) }, 40],
    ['a reset when no call remains', { 'x-ratelimit-reset': '9', 'x-ratelimit-remaining': '0' }, 9],
  ])('is %s', (_, headers, expected) => {
    expect(retryAfterSeconds(headers, now)).toBe(expected);
  });

  it.each([
    ['nothing', {}],
    ['an empty value', { 'retry-after': '' }],
    ['a negative number', { 'retry-after': '-5' }],
    ['zero', { 'retry-after': '0' }],
    ['text', { 'retry-after': 'abc 1' }],
    ['an exponent', { 'retry-after': '1e9' }],
    ['Infinity', { 'retry-after': 'Infinity' }],
    ['a date that does not exist', { 'retry-after': 'Sat, 99 Nov 2026 99:00:30 GMT' }],
    ['a date of no month', { 'retry-after': 'Sat, 21 Nix 2026 12:00:30 GMT' }],
    ['a date of another zone', { 'retry-after': 'Sat, 21 Nov 2026 12:00:30 CET' }],
    ['two dates', { 'retry-after': 'Sat Nov 21 12:00:30 2026, Sat Nov 21 12:00:31 2026' }],
    ['a date that is past', { 'retry-after': 'Sat, 21 Nov 2026 11:59:30 GMT' }],
    ['a reset that is past', { 'x-ratelimit-reset': inSeconds(-1) }],
    ['seconds that are a past time since 1970', { 'retry-after': inSeconds(-40) }],
    ['a reset when calls remain', { 'x-ratelimit-reset': '60', 'x-ratelimit-remaining': '7' }],
  ])('is undefined for %s', (_, headers) => {
    expect(retryAfterSeconds(headers, now)).toBeUndefined();
  });

  it("is at most the caller's bound", () => {
    expect(retryAfterSeconds({ 'retry-after': '90' }, now, 20)).toBe(20);
  });
});
