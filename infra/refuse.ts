import { TransferError } from '#src/core/errors/errors.ts';

/**
 * Ends a synth on one line.
 * @param where - what the value was given to: `Chunkferry`, `context`, `source account`
 * @throws ConfigurationError - always
 */
export function refuse(where: string, message: string): never {
  throw new TransferError('ConfigurationError', `${where}: ${message}`);
}

/**
 * Ends a synth with the line `Invalid <name> <value>: <must>`.
 * @param name - the setting or field, as the user wrote it
 * @param must - what must hold and, as a second sentence, what to do
 * @param of - what the field belongs to, such as `source films`
 * @throws ConfigurationError - always
 */
export function refuseValue(name: string, value: unknown, must: string, of?: string): never {
  const where = of === undefined ? '' : ` of ${of}`;
  throw new TransferError('ConfigurationError', `Invalid ${name} ${shown(value)}${where}: ${must}`);
}

/** As a message shows a value that was given: text in quotes, so that blanks can be seen. */
export function shown(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
