import { maxStopSeconds } from '#src/core/limits.ts';

type Headers = Readonly<Record<string, string | undefined>>;

/** IMF-fixdate, the only form RFC 9110 §5.6.7 lets a server send. */
const httpDate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * How long a reply asks us to stay away: by `Retry-After` (seconds or a date), else by
 * `retry-after-ms`, else by `X-Ratelimit-Reset`, which TwelveLabs gives in UTC epoch seconds (API
 * reference v1.2, OpenAPI 2026-02-17). Whole seconds, rounded up, from 1 to `maxSeconds`. A value
 * that makes no sense or names no later time is passed over; undefined where none is left.
 */
export function retryAfterSeconds(
  headers: Headers,
  nowMs: number,
  maxSeconds: number = maxStopSeconds,
): number | undefined {
  const waitsMs = [
    secondsOrDate(headers['retry-after'], nowMs),
    numberIn(headers['retry-after-ms']),
    epochSeconds(headers['x-ratelimit-reset'], nowMs),
  ];
  const waitMs = waitsMs.find((ms) => ms !== undefined && ms > 0);
  return waitMs === undefined ? undefined : Math.min(Math.ceil(waitMs / 1000), maxSeconds);
}

function secondsOrDate(value: string | undefined, nowMs: number): number | undefined {
  const text = value?.trim() ?? '';
  if (httpDate.test(text)) return Date.parse(text) - nowMs;
  const seconds = numberIn(text);
  return seconds === undefined ? undefined : seconds * 1000;
}

function epochSeconds(value: string | undefined, nowMs: number): number | undefined {
  const seconds = numberIn(value);
  return seconds === undefined ? undefined : seconds * 1000 - nowMs;
}

function numberIn(value: string | undefined): number | undefined {
  const text = value?.trim() ?? '';
  return /^\d{1,15}(\.\d{1,9})?$/.test(text) ? Number(text) : undefined;
}
