import * as z from 'zod/mini';
import { TransferError } from '#src/core/errors/errors.ts';
import { maxPartBytes, minPartBytes } from './limits.ts';

/** The base URLs of the environments (documents of each; sevenbridges2 0.2, 2024-02). */
export const baseUrls = {
  cavatica: 'https://cavatica-api.sbgenomics.com/v2',
  cgc: 'https://cgc-api.sbgenomics.com/v2',
  us: 'https://api.sbgenomics.com/v2',
  eu: 'https://eu-api.sbgenomics.com/v2',
  biodatacatalyst: 'https://api.sb.biodatacatalyst.nhlbi.nih.gov/v2',
  china: 'https://api.sevenbridges.cn/v2',
} as const;

export type EnvironmentName = keyof typeof baseUrls;

/** The environment variables of this destination. */
export const environmentKeys = {
  /** Local runs only; a function reads its secret. */
  token: 'SEVEN_BRIDGES_TOKEN',
  environment: 'SEVEN_BRIDGES_ENVIRONMENT',
  baseUrl: 'SEVEN_BRIDGES_BASE_URL',
  project: 'SEVEN_BRIDGES_PROJECT',
  parent: 'SEVEN_BRIDGES_PARENT',
  onNameTaken: 'SEVEN_BRIDGES_ON_NAME_TAKEN',
  folders: 'SEVEN_BRIDGES_FOLDERS',
  partSizeBytes: 'SEVEN_BRIDGES_PART_SIZE_BYTES',
} as const;

/** What happens to a file whose name is taken. `overwrite` deletes the older file. */
export const nameReactions = ['fail', 'rename', 'overwrite'] as const;

/** `flat`: every file goes into the project or parent. `key`: into folders named as the key's prefixes. */
export const folderRules = ['flat', 'key'] as const;

const project = z
  .string()
  .check(z.regex(/^[\w.-]{1,100}\/[\w.-]{1,200}$/, 'must be owner/name, such as "ada/genomes"'));

const parent = z.string().check(z.regex(/^[\w-]{1,100}$/, 'must be the id of a folder'));

const partSizeBytes = z
  .int()
  .check(
    z.gte(minPartBytes, `must be at least ${minPartBytes}`),
    z.lte(maxPartBytes, `must be at most ${maxPartBytes}`),
  );

const environment = z.enum(Object.keys(baseUrls) as [EnvironmentName, ...EnvironmentName[]]);

/** The settings of this destination, without its token. */
const settingsSchema = z
  .strictObject({
    environment: z.optional(environment),
    /** In place of `environment`: another server with the same API. */
    baseUrl: z.optional(z.string()),
    project: z.optional(project),
    /** In place of `project`: the id of a folder. */
    parent: z.optional(parent),
    onNameTaken: z._default(z.enum(nameReactions), 'fail'),
    folders: z._default(z.enum(folderRules), 'flat'),
    /** The part size to propose. Default: by the size of the object. */
    partSizeBytes: z.optional(partSizeBytes),
  })
  .check(
    z.refine(
      ({ environment, baseUrl }) => (environment === undefined) !== (baseUrl === undefined),
      {
        path: ['environment'],
        message: 'set either this or the base URL',
      },
    ),
    z.refine(({ project, parent }) => (project === undefined) !== (parent === undefined), {
      path: ['project'],
      message: 'set either this or the parent',
    }),
  );

export type SettingsInput = z.input<typeof settingsSchema>;

/** Checked settings; the base URL is that of the environment, if an environment is set. */
export type SevenBridgesSettings = Readonly<
  Omit<z.output<typeof settingsSchema>, 'environment' | 'baseUrl'>
> & { readonly baseUrl: string };

type Names = Readonly<Record<string, string>>;

/**
 * Checks the settings.
 * @param names - how the user wrote each setting, for messages. Default: the names of the schema
 * @throws ConfigurationError - the message names every invalid setting, its value and what it must be
 */
export function checkSettings(input: unknown, names: Names = {}): SevenBridgesSettings {
  const parsed = settingsSchema.safeParse(input);
  if (!parsed.success) {
    const flaws = parsed.error.issues.map(({ path, message }) =>
      flawOf(input, path, message, names),
    );
    throw new TransferError('ConfigurationError', flaws.join(' '));
  }
  const { environment: name, baseUrl, ...rest } = parsed.data;
  return { ...rest, baseUrl: baseUrl ?? baseUrls[name ?? 'cavatica'] };
}

/**
 * Reads the settings from the environment. An empty variable counts as absent.
 * @throws ConfigurationError
 */
export function readSettings(
  env: Readonly<Record<string, string | undefined>>,
): SevenBridgesSettings {
  const { token: _, ...keys } = environmentKeys;
  const found = Object.entries(keys).flatMap(([name, key]) => (env[key] ? [[name, env[key]]] : []));
  const input: Record<string, unknown> = Object.fromEntries(found);
  const { partSizeBytes: size } = input;
  if (size !== undefined)
    input.partSizeBytes = /^\d{1,15}$/.test(String(size)) ? Number(size) : size;
  return checkSettings(input, keys);
}

function flawOf(
  input: unknown,
  path: readonly PropertyKey[],
  message: string,
  names: Names,
): string {
  const name = String(path[0] ?? 'settings');
  const value = (input as Record<string, unknown> | undefined)?.[name];
  const shown = value === undefined ? '' : ` ${JSON.stringify(value)}`;
  return `Invalid ${names[name] ?? name}${shown}: ${message.replace(/^Invalid (?:input|option): /, '')}.`;
}
