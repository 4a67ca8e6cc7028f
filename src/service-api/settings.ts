import * as z from 'zod/mini';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { AnyDefinition, SettingField } from './definition.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** How the user wrote each setting, for messages. A setting without a name has that of the schema. */
export type SettingNames = Readonly<Record<string, string>>;

/**
 * Checks and completes settings.
 * @throws ConfigurationError - the message names every invalid setting, its value and what it must be
 */
export function checkSettings<T>(
  schema: z.ZodMiniType<T>,
  input: unknown,
  names: SettingNames = {},
): T {
  const parsed = z.safeParse(schema, input);
  if (parsed.success) return parsed.data;
  const flaws = parsed.error.issues.map((issue) => flawOf(issue, input, names));
  throw new TransferError('ConfigurationError', [...new Set(flaws)].join(' '));
}

/** Returns the settings that environment variables set, unchecked. An empty variable counts as absent. */
export function settingsInEnvironment(
  { fields }: Pick<AnyDefinition, 'fields'>,
  env: Environment,
): Record<string, unknown> {
  const set = Object.entries(fields).flatMap(([name, field]) => {
    const text = env[field.variable];
    return text ? [[name, settingFromText(field, text)]] : [];
  });
  return Object.fromEntries(set);
}

/**
 * Reads the settings of a destination from its environment variables.
 * @throws ConfigurationError - names each invalid variable
 */
export function readSettings<D extends AnyDefinition>(definition: D, env: Environment) {
  const input = settingsInEnvironment(definition, env);
  return checkSettings(definition.schema, input, variablesOf(definition));
}

/** Returns the environment variables that set these settings. */
export function environmentOf(
  { fields }: Pick<AnyDefinition, 'fields'>,
  settings: Readonly<Record<string, unknown>>,
): Record<string, string> {
  const set = Object.entries(fields).flatMap(([name, { variable }]) =>
    settings[name] === undefined ? [] : [[variable, String(settings[name])]],
  );
  return Object.fromEntries(set);
}

/** Returns the value of a setting that is written as text. Text that is no number stays as it is. */
export function settingFromText({ form }: SettingField, text: string): unknown {
  return form === 'number' && /^\d{1,15}$/.test(text) ? Number(text) : text;
}

function variablesOf({ fields }: Pick<AnyDefinition, 'fields'>): SettingNames {
  const names = Object.entries(fields).map(([name, { variable }]) => [name, variable]);
  return Object.fromEntries(names);
}

function flawOf(
  { path, message }: { readonly path: readonly PropertyKey[]; readonly message: string },
  input: unknown,
  names: SettingNames,
): string {
  const name = String(path[0] ?? 'settings');
  const value = (input as Readonly<Record<string, unknown>> | undefined)?.[name];
  const shown = value === undefined ? '' : ` ${JSON.stringify(value)}`;
  const must = message.replace(/^Invalid (?:input|option): /, '');
  return `Invalid ${names[name] ?? name}${shown}: ${must}.`;
}
