import { TransferError } from '#src/core/errors.ts';

/**
 * Ends a synth on one line.
 * @param where - what the value was given to: `Chunkferry`, `context`, `source account`
 * @throws ConfigurationError - always
 */
export function refuse(where: string, message: string): never {
  throw new TransferError('ConfigurationError', `${where}: ${message}`);
}

/** As a message shows a value that was given: text in quotes, so that blanks can be seen. */
export function shown(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
