import type { Command } from 'commander';
import { flagOf, type LocalDefinition } from '#local/commands/destination-options.ts';
import { chosenOptions } from '#local/commands/transfer-options.ts';
import { priorities } from '#src/core/queue/queue.ts';
import { destinations } from '#src/destinations/registry.ts';
import { CommandError } from '../command-error.ts';

/** Options that only a local run has. */
const localOnly = ['stateDir', 'table', 'requestPayer', 'mediaType'];

/**
 * Returns the options of a start from the options of the command.
 * @throws CommandError - an option that the stack's own configuration decides, or an invalid value
 */
export function stackOptions(
  command: Command,
  definition: LocalDefinition,
): Readonly<Record<string, unknown>> {
  const set = setOptions(command);
  assertDestination(set, definition);
  assertOptions(set, definition);
  const { filename, force, priority } = set;
  if (priority !== undefined && !priorities.some((one) => one === priority))
    throw invalidOptionError('priority', priority, `must be ${priorities.join(' or ')}`);
  return {
    ...(filename !== undefined && { filename }),
    ...(force === true && { force }),
    ...(priority !== undefined && { priority }),
    ...sharedOptions(set, definition),
    ...chosenOptions(set, definition),
  };
}

/** Returns the options that the user set. */
function setOptions(command: Command): Record<string, unknown> {
  const names = command.options.map((option) => option.attributeName());
  const given = names.filter((name) => command.getOptionValueSource(name) === 'cli');
  return Object.fromEntries(given.map((name) => [name, command.getOptionValue(name)]));
}

function assertDestination({ destination }: Record<string, unknown>, { kind }: LocalDefinition) {
  if (destination === undefined || destination === kind) return;
  throw invalidOptionError(
    'destination',
    destination,
    `the stack sends to ${kind}. Name a stack with this destination by --stack`,
  );
}

function assertOptions(set: Record<string, unknown>, definition: LocalDefinition): void {
  const settings = destinations.flatMap(({ fields }) => Object.keys(fields));
  const perTransfer = Object.keys(definition.transferOptions?.fields ?? {});
  const wrong = Object.keys(set).find(
    (name) => localOnly.includes(name) || (settings.includes(name) && !perTransfer.includes(name)),
  );
  if (wrong === undefined) return;
  throw invalidOptionError(
    wrong,
    set[wrong],
    'the configuration of the stack decides it. Remove the option',
  );
}

/** Returns the options of one transfer that a local run sets by a setting of the same name. */
function sharedOptions(
  set: Record<string, unknown>,
  { fields, transferOptions }: LocalDefinition,
): Record<string, unknown> {
  const names = Object.keys(transferOptions?.fields ?? {}).filter((name) => name in fields);
  const shared = names.filter((name) => set[name] !== undefined);
  return Object.fromEntries(shared.map((name) => [name, set[name]]));
}

function invalidOptionError(name: string, value: unknown, flaw: string): CommandError {
  return new CommandError('usage', `Invalid ${flagOf(name)} ${JSON.stringify(value)}: ${flaw}.`);
}
