import type { Command } from 'commander';
import { isTransferError, TransferError } from '#src/core/errors/transfer-error.ts';
import { destinations } from '#src/destinations/registry.ts';
import type { AnyDefinition, OptionField } from '#src/service-api/definition.ts';
import { optionRulesOf } from '#src/service-api/transfer-options.ts';
import { readRequest, smallestInput } from '#src/step-support/input.ts';
import { flagOf, type LocalDefinition } from './destination-options.ts';

type Flags = Readonly<Record<string, unknown>>;

/** Adds an option for each option of one transfer. A setting of the same name has the same effect. */
export function addTransferOptions(command: Command): Command {
  for (const definition of destinations)
    for (const [name, field] of ownOptions(definition)) {
      const value = { text: ' <value>', json: ' <json>', boolean: '' }[field.form];
      const text = `${definition.title}: ${field.description.replaceAll('`', '')}`;
      command.option(`${flagOf(field.flag ?? name)}${value}`, text);
    }
  return command;
}

/**
 * Returns the options of one transfer that flags set.
 * @throws InvalidInputError - a flag is not JSON, or is an option of another destination
 */
export function chosenOptions(
  flags: Flags,
  definition: LocalDefinition,
): Readonly<Record<string, unknown>> {
  const set = destinations.flatMap((one) =>
    ownOptions(one).flatMap(([name, field]) => {
      const value = flags[field.flag ?? name];
      if (value === undefined) return [];
      if (one.kind !== definition.kind)
        throw foreignOptionError(field.flag ?? name, one, definition);
      return [[name, field.form === 'json' ? parseFlag(field.flag ?? name, value, field) : value]];
    }),
  );
  return Object.fromEntries(set);
}

/**
 * Checks the options as InspectSource does, but before the file is read, which can take minutes.
 * @throws InvalidInputError - names the flag and its value
 */
export function assertOptions(options: Flags, definition: LocalDefinition): void {
  const object = { bucket: 'local', key: 'file' };
  try {
    readRequest({ ...object, ...options }, optionRulesOf(definition, destinations));
  } catch (error) {
    if (!isTransferError(error)) throw error;
    const flagOfField = (_: string, name: string) =>
      flagOf(definition.transferOptions?.fields[name]?.flag ?? name);
    const message = error.message.replace(/(?<=^Invalid )input\.(\w+)/, flagOfField);
    const ofFlag = message.replace(` ${smallestInput}`, '');
    throw new TransferError('InvalidInputError', ofFlag, { cause: error });
  }
}

function ownOptions({ fields, transferOptions }: AnyDefinition): [string, OptionField][] {
  return Object.entries(transferOptions?.fields ?? {}).filter(([name]) => !(name in fields));
}

function foreignOptionError(
  flag: string,
  owner: AnyDefinition,
  chosen: AnyDefinition,
): TransferError {
  return new TransferError(
    'InvalidInputError',
    `Invalid option ${JSON.stringify(flagOf(flag))}: it is an option of ${owner.kind}; this run's destination is ${chosen.kind}. Remove it.`,
  );
}

function parseFlag(flag: string, text: unknown, { example }: OptionField): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    throw new TransferError(
      'InvalidInputError',
      `Invalid ${flagOf(flag)} ${JSON.stringify(text)}: must be JSON, such as '${JSON.stringify(example)}'`,
    );
  }
}
