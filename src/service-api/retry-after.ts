import { maxStopSeconds } from '#src/core/limits/limits.ts';
import { parseHttpDate } from '#src/http/http-date.ts';

type Headers = Readonly<Record<string, string | undefined>>;

/**
 * The first number that is a time in seconds since 1970. A smaller number is a delay: 10⁹ s are 31 years.
 * Services confuse the two, also in `Retry-After` (cloudfoundry/cloud_controller_ng#2544).
 */
const firstEpochSeconds = 1e9;

/** The first number that is a time in milliseconds since 1970. */
const firstEpochMs = 1e12;

/**
 * Returns the wait that a reply requests: by `Retry-After` (a number or a date), else by `retry-after-ms`,
 * else by `RateLimit-Reset` or `X-RateLimit-Reset`, unless the limit has remaining calls. Services
 * document `X-RateLimit-Reset` as UTC epoch seconds. In whole seconds, rounded up, from 1 to
 * `maxSeconds`; undefined if no header names a later time. A time counts from the reply's own `Date`, as
 * the server's clock may differ.
 * @param nowMs - used if the reply has no `Date`
 */
export function retryAfterSeconds(
  headers: Headers,
  nowMs: number,
  maxSeconds: number = maxStopSeconds,
): number | undefined {
  const sentMs = parseHttpDate(headers.date ?? '') ?? nowMs;
  const waitsMs = [
    delayMs(headers['retry-after'], sentMs),
    numberIn(headers['retry-after-ms']),
    ...resetsMs(headers, sentMs),
  ];
  const waitMs = waitsMs.find((ms) => ms !== undefined && ms > 0);
  return waitMs === undefined ? undefined : Math.min(Math.ceil(waitMs / 1000), maxSeconds);
}

/** Many services send these headers with every reply; with remaining calls, they request no wait. */
function resetsMs(headers: Headers, nowMs: number): (number | undefined)[] {
  return ['ratelimit', 'x-ratelimit']
    .filter((name) => !((numberIn(headers[`${name}-remaining`]) ?? 0) > 0))
    .map((name) => delayMs(headers[`${name}-reset`], nowMs));
}

function delayMs(value: string | undefined, nowMs: number): number | undefined {
  const date = parseHttpDate(value ?? '');
  if (date !== undefined) return date - nowMs;
  const number = numberIn(value);
  if (number === undefined || number < firstEpochSeconds) return number && number * 1000;
  return (number < firstEpochMs ? number * 1000 : number) - nowMs;
}

/** Returns the largest number of a header: proxies join repeated headers into a list (`60, 60`). */
function numberIn(value = ''): number | undefined {
  const numbers = value.split(',').map((text) => text.trim());
  const areAll = numbers.every((text) => /^\d{1,15}(\.\d{1,9})?$/.test(text));
  return areAll ? Math.max(...numbers.map(Number)) : undefined;
}
