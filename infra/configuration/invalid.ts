import type { Duration } from 'aws-cdk-lib';
import { TransferError } from '#src/core/errors/transfer-error.ts';

/**
 * Ends the synthesis with `Invalid <path> <value>: <must>.`
 * @param path - the setting as the user wrote it, such as `sources[1].account`
 * @param must - what must hold and, as a second sentence, what to do
 * @throws ConfigurationError - always
 */
export function throwInvalid(path: string, value: unknown, must: string): never {
  return throwConfigurationError(`Invalid ${path} ${quoted(value)}: ${must}`);
}

/**
 * Ends the synthesis with one line.
 * @throws ConfigurationError - always
 */
export function throwConfigurationError(line: string): never {
  throw new TransferError('ConfigurationError', /[.?]$/.test(line) ? line : `${line}.`);
}

/** Returns a value as messages show it: text in quotes, a duration in seconds. */
export function quoted(value: unknown): string {
  if (isDuration(value)) return `${value.toMilliseconds() / 1000} s`;
  return JSON.stringify(value) ?? String(value);
}

/** Checks for the method, because the caller may use another copy of the CDK. */
export function isDuration(value: unknown): value is Duration {
  return typeof (value as Duration | null | undefined)?.toMilliseconds === 'function';
}
