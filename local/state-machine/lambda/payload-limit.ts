import { jsonBytes } from './json-payload.ts';
import type { RunEnding } from './run-ending.ts';

/**
 * Returns the size of a value, in bytes. Above the limit, ends the run with `States.DataLimitExceeded`.
 * As in the service, no Retry and no Catch handles it.
 */
export function measurePayload(
  value: unknown,
  what: string,
  limitBytes: number,
  ending: RunEnding,
): number {
  const bytes = jsonBytes(value);
  if (bytes > limitBytes) {
    const cause = `${what} has ${bytes} bytes; the service's limit is ${limitBytes}`;
    ending.end({ status: 'FAILED', error: 'States.DataLimitExceeded', cause });
  }
  return bytes;
}
