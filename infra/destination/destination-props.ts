import { closest } from 'fastest-levenshtein';
import { z } from 'zod';
import {
  type DestinationKind,
  defaultKind,
  definitionOf,
  destinations,
  type SettingsOf,
} from '#src/destinations/registry.ts';
import type { AnyDefinition } from '#src/service-api/definition.ts';
import { checkSettings, environmentOf } from '#src/service-api/settings.ts';
import { check } from '../configuration/check.ts';
import { cdkObject, oneOf } from '../configuration/fields.ts';
import { quoted, throwConfigurationError, throwInvalid } from '../configuration/invalid.ts';
import { baseUrl } from './base-url.ts';

/** The service that receives the objects, and its settings, such as `{ kind: 'twelvelabs' }`. */
export type DestinationProps = {
  readonly [K in DestinationKind]: { readonly kind: K } & SettingsOf[K];
}[DestinationKind];

/** A checked destination. */
export interface CheckedDestination {
  readonly definition: AnyDefinition<DestinationKind>;
  /** The variables of the functions that call it. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The name of each setting as the user wrote it, by its name in the schema. `kind` has one as well. */
export type NameOf = (setting: string) => string;

export const kinds = destinations.map(({ kind }) => kind);

/** The props about the destination. */
export const destinationFields = {
  destination: cdkObject<DestinationProps>('DestinationProps')
    .optional()
    .meta({
      type: 'object',
      description:
        'The service that receives the objects: `{ kind, … }` with the settings of its kind, see [Destinations](#destinations).',
      default: `\`{ kind: '${defaultKind}' }\``,
    }),
  earlierDestinations: z.array(oneOf(kinds), 'must be a list').readonly().default([]).meta({
    description:
      'Kinds of destinations that this stack had before. Their secrets stay, so that transfers under way can complete: see [Change the destination](deploy.md#change-the-destination).',
    default: 'none',
  }),
  baseUrl: baseUrl().optional().meta({
    description:
      "The destination's server, with its version path: https only, except on a loopback address. Short for `baseUrl` of `destination`.",
    default: "the destination's own",
  }),
};

interface DestinationFields {
  readonly destination?: DestinationProps | undefined;
  readonly baseUrl?: string | undefined;
}

const nameOfProp: NameOf = (setting) => `destination.${setting}`;

/**
 * Checks the settings of the destination by its own schema.
 * @param nameOf - default: the path of the prop
 * @throws ConfigurationError - names the setting, its value and what must hold
 */
export function checkDestination(
  { destination = { kind: defaultKind }, baseUrl: shortUrl }: DestinationFields,
  nameOf: NameOf = nameOfProp,
): CheckedDestination {
  const { kind, ...given } = destination as { readonly kind: unknown } & Record<string, unknown>;
  const definition = definitionOf(checkedKind(kind, nameOf), nameOf('kind'));
  assertKnown(definition, given);
  if (shortUrl !== undefined && given.baseUrl !== undefined)
    throwInvalid('baseUrl', shortUrl, `must not be set together with ${nameOf('baseUrl')}`);
  const settings = { ...given, ...(shortUrl !== undefined && { baseUrl: shortUrl }) };
  checkSettings(definition.schema, settings, namesOf(definition, nameOf));
  check(z.object({ baseUrl: baseUrl().optional() }), { baseUrl: given.baseUrl }, 'destination');
  return { definition, environment: environmentOf(definition, settings) };
}

function checkedKind(kind: unknown, nameOf: NameOf): string {
  return typeof kind === 'string' ? kind : throwInvalid(nameOf('kind'), kind, mustBeKind());
}

function mustBeKind(): string {
  return `must be one of ${kinds.map(quoted).join(', ')}`;
}

/** Rejects a misspelt setting, which would leave its default in force silently. */
function assertKnown({ kind, fields }: AnyDefinition, given: object): void {
  const known = Object.keys(fields);
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const others = destinations.filter((one) => unknown in one.fields);
  const must =
    others.length > 0
      ? `must be used with the kind ${others.map((one) => quoted(one.kind)).join(' or ')}. This is ${quoted(kind)}`
      : `unknown key. Did you mean ${quoted(closest(unknown, known))}?`;
  throwConfigurationError(`Invalid destination key ${quoted(unknown)}: ${must}`);
}

function namesOf({ fields }: AnyDefinition, nameOf: NameOf): Record<string, string> {
  return Object.fromEntries(Object.keys(fields).map((name) => [name, nameOf(name)]));
}
