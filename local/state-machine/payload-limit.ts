import { jsonBytes } from './json-payload.ts';
import type { RunEnding } from './run-ending.ts';

/**
 * Measures a value of the execution's state, in bytes. Above the limit the run ends, as on the
 * service, by `States.DataLimitExceeded`, which no Retry and no Catch sees.
 */
export function measurePayload(
  value: unknown,
  what: string,
  limitBytes: number,
  ending: RunEnding,
): number {
  const bytes = jsonBytes(value);
  if (bytes > limitBytes) {
    const cause = `${what} holds ${bytes} bytes, the service takes ${limitBytes}`;
    ending.end({ status: 'FAILED', error: 'States.DataLimitExceeded', cause });
  }
  return bytes;
}
