import { type Command, Option } from 'commander';
import { environmentKeys as keys } from '#src/config/environment-keys.ts';
import {
  type DestinationKind,
  defaultKind,
  definitionOf,
  destinations,
} from '#src/destinations/registry.ts';
import type { AnyDefinition } from '#src/service-api/definition.ts';
import { environmentOf, settingFromText } from '#src/service-api/settings.ts';

/** The destination of a command. */
export type LocalDefinition = AnyDefinition<DestinationKind>;

/** The destination that the options choose, with the variables that they set. */
export interface ChosenDestination {
  readonly definition: LocalDefinition;
  readonly environment: Readonly<Record<string, string>>;
}

type Flags = Readonly<Record<string, unknown>>;

/** Adds the option that chooses the destination. */
export function addDestinationOption(command: Command): Command {
  return command.addOption(
    new Option('--destination <kind>', 'the service that receives the file')
      .choices(destinations.map(({ kind }) => kind))
      .default(defaultKind),
  );
}

/** Adds an option for each setting of each destination: `partSizeBytes` is `--part-size-bytes`. */
export function addSettingOptions(command: Command): Command {
  for (const [setting, texts] of textsBySetting())
    command.option(`${flagOf(setting)} <value>`, texts.join(' '));
  return command;
}

/** Returns what each setting does, for each destination that has it. */
function textsBySetting(): Map<string, string[]> {
  const texts = new Map<string, string[]>();
  for (const { title, fields } of destinations)
    for (const [setting, { description }] of Object.entries(fields)) {
      const text = `${title}: ${description.replaceAll('`', '')}`;
      texts.set(setting, [...(texts.get(setting) ?? []), text]);
    }
  return texts;
}

/** Returns the option of a name: `partSizeBytes` is `--part-size-bytes`. */
export function flagOf(setting: string): string {
  return `--${setting.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/**
 * Returns the destination that the options choose. An option sets the same as its environment variable, and
 * replaces it.
 */
export function chosenDestination(flags: Flags): ChosenDestination {
  const definition = definitionOf(String(flags.destination ?? defaultKind), '--destination');
  const settings = Object.entries(definition.fields).flatMap(([setting, field]) => {
    const text = flags[setting];
    return typeof text === 'string' ? [[setting, settingFromText(field, text)]] : [];
  });
  const variables = environmentOf(definition, Object.fromEntries(settings));
  return { definition, environment: { [keys.destination]: definition.kind, ...variables } };
}

/** Names the destination's variable in the next step of a rejected key. */
export function withVariable(text: string, { secret }: LocalDefinition): string {
  return text.replaceAll('its environment variable', secret.variable);
}
