import * as z from 'zod/mini';
import type { SettingField } from '#src/service-api/definition.ts';
import * as generic from '#src/service-api/settings.ts';
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

/** What happens to a file whose name is taken. `overwrite` deletes the older file. */
export const nameReactions = ['fail', 'rename', 'overwrite'] as const;

/** `flat`: every file goes into the project or parent. `key`: into folders named as the key's prefixes. */
export const folderRules = ['flat', 'key'] as const;

const project = z
  .string('must be text')
  .check(z.regex(/^[\w.-]{1,100}\/[\w.-]{1,200}$/, 'must be owner/name, such as "ada/genomes"'));

const parent = z
  .string('must be text')
  .check(z.regex(/^[\w-]{1,100}$/, 'must be the id of a folder'));

const partSizeBytes = z
  .int('must be a whole number')
  .check(
    z.gte(minPartBytes, `must be at least ${minPartBytes}`),
    z.lte(maxPartBytes, `must be at most ${maxPartBytes}`),
  );

const environment = z.enum(
  Object.keys(baseUrls) as [EnvironmentName, ...EnvironmentName[]],
  mustBeOneOf(Object.keys(baseUrls)),
);

/** The settings that one transfer may replace. */
export const writtenFields = {
  project: z.optional(project),
  /** In place of `project`: the id of a folder. */
  parent: z.optional(parent),
  onNameTaken: z.enum(nameReactions, mustBeOneOf(nameReactions)),
  folders: z.enum(folderRules, mustBeOneOf(folderRules)),
};

/** The settings as the user writes them. */
const writtenSchema = z
  .strictObject({
    environment: z.optional(environment),
    /** In place of `environment`: another server with the same API. */
    baseUrl: z.optional(z.string('must be text')),
    ...writtenFields,
    onNameTaken: z._default(writtenFields.onNameTaken, 'fail'),
    folders: z._default(writtenFields.folders, 'flat'),
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

/** The settings of this destination, without its token. */
export const settingsSchema = z.pipe(
  writtenSchema,
  z.transform(({ environment, baseUrl, ...rest }: z.output<typeof writtenSchema>) => ({
    ...rest,
    baseUrl: baseUrl ?? baseUrls[environment ?? 'cavatica'],
  })),
);

export type SettingsInput = z.input<typeof settingsSchema>;

/** Checked settings; the base URL is that of the environment, if an environment is set. */
export type SevenBridgesSettings = Readonly<z.output<typeof settingsSchema>>;

/** How each setting is set, and its reference. */
export const settingFields = {
  environment: {
    variable: 'SEVEN_BRIDGES_ENVIRONMENT',
    type: oneOf(Object.keys(baseUrls)),
    description: 'The platform, which determines the server. Set this or the base URL.',
    default: 'none',
  },
  baseUrl: {
    variable: 'SEVEN_BRIDGES_BASE_URL',
    type: 'URL',
    description: 'Another server with the same API, with `/v2`.',
    default: 'none',
  },
  project: {
    variable: 'SEVEN_BRIDGES_PROJECT',
    type: 'text',
    description: 'The project that receives the files, as `owner/name`. Set this or `parent`.',
    default: 'none',
  },
  parent: {
    variable: 'SEVEN_BRIDGES_PARENT',
    type: 'text',
    description: 'The id of the folder that receives the files, in place of the project.',
    default: 'none',
  },
  onNameTaken: {
    variable: 'SEVEN_BRIDGES_ON_NAME_TAKEN',
    type: oneOf(nameReactions),
    description:
      'What happens if the name is taken. `rename` adds a number; `overwrite` deletes the older file.',
    default: '`fail`',
  },
  folders: {
    variable: 'SEVEN_BRIDGES_FOLDERS',
    type: oneOf(folderRules),
    description:
      'Folders for the files: with `key`, one for each prefix of the key; with `flat`, none.',
    default: '`flat`',
  },
  partSizeBytes: {
    variable: 'SEVEN_BRIDGES_PART_SIZE_BYTES',
    form: 'number',
    type: 'whole number from 5,242,880 to 5,368,709,120',
    description: 'The part size to propose, in bytes. The service may choose another size.',
    default: "by the object's size",
  },
} as const satisfies Record<keyof SettingsInput, SettingField>;

/**
 * Checks the settings.
 * @throws ConfigurationError - the message names every invalid setting, its value and what it must be
 */
export function checkSettings(input: unknown): SevenBridgesSettings {
  return generic.checkSettings(settingsSchema, input);
}

function mustBeOneOf(values: readonly string[]): string {
  return `must be one of ${values.map((value) => JSON.stringify(value)).join(', ')}`;
}

function oneOf(values: readonly string[]): string {
  return values.map((value) => `\`${value}\``).join(', ');
}
