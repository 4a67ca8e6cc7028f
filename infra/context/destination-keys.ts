import { z } from 'zod';
import { defaultKind, destinations } from '#src/destinations/registry.ts';
import type { AnyDefinition, SettingField } from '#src/service-api/definition.ts';
import { settingFromText } from '#src/service-api/settings.ts';
import { quoted, throwConfigurationError } from '../configuration/invalid.ts';
import {
  checkDestination,
  type DestinationProps,
  kinds,
} from '../destination/destination-props.ts';
import { textKey } from './key-fields.ts';

/** Chooses the destination. Its settings have keys of their own. */
export const kindKey = textKey(
  z
    .enum(kinds, `must be one of ${kinds.map(quoted).join(', ')}`)
    .optional()
    .meta({
      type: kinds.map((kind) => `\`${kind}\``).join(', '),
      description:
        'The service that receives the objects. Its settings are the keys in [Destinations](#destinations).',
      default: `\`${defaultKind}\``,
    }),
);

/** Settings that have a key of the stack. */
const ownKeys: Readonly<Record<string, string>> = { kind: 'destination', baseUrl: 'baseUrl' };

/** Returns the context key of a setting: `project` is `destinationProject`. */
export function keyOfSetting(setting: string): string {
  return ownKeys[setting] ?? `destination${setting[0]?.toUpperCase()}${setting.slice(1)}`;
}

/** The keys of the settings of all destinations. The schema of the destination checks their values. */
export const settingKeys: Readonly<Record<string, z.ZodType>> = Object.fromEntries(
  destinations.flatMap((definition) =>
    Object.entries(definition.fields)
      .filter(([setting]) => !(setting in ownKeys))
      .map(([setting, field]) => [keyOfSetting(setting), settingKey(field)]),
  ),
);

function settingKey(field: SettingField) {
  const convert = (value: unknown) => {
    if (value === '') return undefined;
    return typeof value === 'string' ? settingFromText(field, value) : value;
  };
  return z.preprocess(convert, z.unknown());
}

type Values = Readonly<Record<string, unknown>> & {
  readonly destination?: (typeof kinds)[number] | undefined;
  readonly baseUrl?: string | undefined;
};

/**
 * Returns the destination that the context names; undefined if it names none and no setting.
 * @throws ConfigurationError - a setting is invalid, or belongs to another destination
 */
export function destinationIn(values: Values): DestinationProps | undefined {
  const kind = values.destination ?? defaultKind;
  const definition = destinations.find((one) => one.kind === kind) as AnyDefinition;
  assertOwnKeys(definition, values);
  const settings = Object.keys(definition.fields).flatMap((setting) => {
    const value = setting in ownKeys ? undefined : values[keyOfSetting(setting)];
    return value === undefined ? [] : [[setting, value]];
  });
  if (values.destination === undefined && settings.length === 0) return undefined;
  const destination = { kind, ...Object.fromEntries(settings) } as DestinationProps;
  checkDestination({ destination, baseUrl: values.baseUrl }, keyOfSetting);
  return destination;
}

function assertOwnKeys({ kind, fields }: AnyDefinition, values: Values): void {
  const own = Object.keys(fields).map(keyOfSetting);
  const foreign = Object.keys(settingKeys).find(
    (key) => values[key] !== undefined && !own.includes(key),
  );
  if (foreign === undefined) return;
  const owners = destinations.filter((one) =>
    Object.keys(one.fields).some((setting) => keyOfSetting(setting) === foreign),
  );
  const must = `must be used with destination=${owners.map((one) => one.kind).join(' or ')}. This is destination=${kind}`;
  throwConfigurationError(`Invalid context key ${quoted(foreign)}: ${must}`);
}
