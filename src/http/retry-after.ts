import { maxStopSeconds } from '#src/core/limits.ts';

type Headers = Readonly<Record<string, string | undefined>>;

/** IMF-fixdate, the only form RFC 9110 §5.6.7 lets a server send. */
const httpDate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * A smaller number is a delay, as 10⁹ s are 31 years; from here on it is a time in seconds since
 * 1970. Services mix the two up, in `Retry-After` too (cloudfoundry/cloud_controller_ng#2544).
 */
const firstEpochSeconds = 1e9;

/** From here on a number is a time in milliseconds since 1970. */
const firstEpochMs = 1e12;

/**
 * Returns how long a reply asks us to stay away: by `Retry-After` (a number or a date), else by
 * `retry-after-ms`, else by `RateLimit-Reset` or `X-RateLimit-Reset`, unless the limit has calls
 * remaining. TwelveLabs documents the last one as UTC epoch seconds (API reference v1.2, OpenAPI
 * 2026-02-17). Whole seconds, rounded up, from 1 to `maxSeconds`; undefined where no header names a
 * later time.
 */
export function retryAfterSeconds(
  headers: Headers,
  nowMs: number,
  maxSeconds: number = maxStopSeconds,
): number | undefined {
  const waitsMs = [
    delayMs(headers['retry-after'], nowMs),
    numberIn(headers['retry-after-ms']),
    ...resetsMs(headers, nowMs),
  ];
  const waitMs = waitsMs.find((ms) => ms !== undefined && ms > 0);
  return waitMs === undefined ? undefined : Math.min(Math.ceil(waitMs / 1000), maxSeconds);
}

/** Many services send these headers with every reply: with calls remaining, they ask for no wait. */
function resetsMs(headers: Headers, nowMs: number): (number | undefined)[] {
  return ['ratelimit', 'x-ratelimit']
    .filter((name) => !((numberIn(headers[`${name}-remaining`]) ?? 0) > 0))
    .map((name) => delayMs(headers[`${name}-reset`], nowMs));
}

function delayMs(value: string | undefined, nowMs: number): number | undefined {
  const text = value?.trim() ?? '';
  if (httpDate.test(text)) return Date.parse(text) - nowMs;
  const number = numberIn(text);
  if (number === undefined || number < firstEpochSeconds) return number && number * 1000;
  return (number < firstEpochMs ? number * 1000 : number) - nowMs;
}

function numberIn(value: string | undefined): number | undefined {
  const text = value?.trim() ?? '';
  return /^\d{1,15}(\.\d{1,9})?$/.test(text) ? Number(text) : undefined;
}
