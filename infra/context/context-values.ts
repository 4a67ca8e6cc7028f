import { closest } from 'fastest-levenshtein';
import { quoted, throwConfigurationError, throwInvalid } from '../configuration/invalid.ts';
import { referenceOf } from '../configuration/reference.ts';
import { settingKeys } from './destination-keys.ts';
import type { Context } from './key-fields.ts';
import { sourceAccountKeys } from './source-account-stack-keys.ts';
import { contextSourceFields, transferKeys } from './transfer-stack-keys.ts';

/** The context keys of each stack. The key `stack` chooses the stack. */
export const contextKeys = {
  transfers: [...Object.keys(transferKeys), ...Object.keys(settingKeys)],
  'source-account': Object.keys(sourceAccountKeys),
} as const;

export type StackKind = keyof typeof contextKeys;

const stackKinds = Object.keys(contextKeys) as StackKind[];

/** Keys that the CDK CLI keeps in the context, besides keys with a colon (aws-cdk 2.1148). */
const keysOfTheCli: readonly string[] = ['acknowledged-issue-numbers', 'cli-telemetry'];

/** @throws ConfigurationError - the context names an unknown stack */
export function stackKind(context: Context): StackKind {
  const value = context.stack ?? 'transfers';
  const kind = stackKinds.find((one) => one === value);
  return kind ?? throwInvalid('stack', value, `must be ${stackKinds.map(quoted).join(' or ')}`);
}

/**
 * Returns the value of each key of the stack; undefined if the key is absent.
 * @throws ConfigurationError - names the first unknown key and the nearest known key
 */
export function valuesOf(kind: StackKind, context: Context): Context {
  assertKnownKeys(kind, context);
  return Object.fromEntries(contextKeys[kind].map((key) => [key, context[key]]));
}

/** Rejects a misspelt key, which would leave its default in force silently. */
function assertKnownKeys(kind: StackKind, context: Context): void {
  const known = ['stack', ...contextKeys[kind]];
  const unknown = Object.keys(context).find((key) => !isOfTheCdk(key) && !known.includes(key));
  if (unknown === undefined) return;
  const other = stackKinds.find((one) => contextKeys[one].includes(unknown));
  if (other) throwInvalidKey(unknown, `must be used with stack=${other}. This is stack=${kind}`);
  if (kind === 'transfers' && isSourceField(unknown)) throwSourceField(unknown);
  throwInvalidKey(unknown, `unknown key. Did you mean ${quoted(closest(unknown, known))}?`);
}

function throwInvalidKey(key: string, must: string): never {
  return throwConfigurationError(`Invalid context key ${quoted(key)}: ${must}`);
}

function isSourceField(key: string): key is keyof typeof contextSourceFields {
  return Object.hasOwn(contextSourceFields, key);
}

function throwSourceField(key: keyof typeof contextSourceFields): never {
  const example = `-c sources='[{"bucket":"…","${key}":${exampleOf(key)}}]'`;
  return throwInvalidKey(key, `must be a field of sources. Use ${example}`);
}

/** Returns a value of the field's type as JSON writes it. */
function exampleOf(key: keyof typeof contextSourceFields): string {
  const { type } = referenceOf(contextSourceFields[key]);
  if (type.includes('true')) return 'true';
  return type.startsWith('text') ? '"…"' : '3600';
}

function isOfTheCdk(key: string): boolean {
  return key.includes(':') || key.startsWith('@') || keysOfTheCli.includes(key);
}
