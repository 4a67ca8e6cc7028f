import * as z from 'zod/mini';
import type { OptionField } from '#src/service-api/definition.ts';
import { type SevenBridgesSettings, settingFields, writtenFields } from './settings.ts';

const { project, parent, onNameTaken, folders } = writtenFields;

/** The options of one transfer. Each replaces the setting of the same name. */
export const optionsSchema = z
  .strictObject({
    project,
    parent,
    onNameTaken: z.optional(onNameTaken),
    folders: z.optional(folders),
  })
  .check(
    z.refine(({ project, parent }) => project === undefined || parent === undefined, {
      path: ['project'],
      message: 'must not be set together with parent',
    }),
  );

export type SevenBridgesOptions = Readonly<z.output<typeof optionsSchema>>;

const ofStack = "the stack's setting";

/** How each option is set, and its reference. */
export const optionFields = {
  project: {
    form: 'text',
    example: 'ada/genomes',
    description: 'the project that receives the file, as `owner/name`, in place of a parent',
    default: ofStack,
  },
  parent: {
    form: 'text',
    example: '5bd7c53ee4b04b8fb1a9f454',
    description: 'the id of the folder that receives the file, in place of a project',
    default: ofStack,
  },
  onNameTaken: {
    form: 'text',
    example: 'rename',
    description: `what happens if the name is taken: ${settingFields.onNameTaken.type}`,
    default: ofStack,
  },
  folders: {
    form: 'text',
    example: 'key',
    description: `folders for the file: ${settingFields.folders.type}`,
    default: ofStack,
  },
} as const satisfies Record<keyof z.input<typeof optionsSchema>, OptionField>;

/** Returns the settings of one transfer. A project replaces the stack's parent, and a parent its project. */
export function settingsOf(
  stack: SevenBridgesSettings,
  { project, parent, onNameTaken, folders }: SevenBridgesOptions,
): SevenBridgesSettings {
  const isElsewhere = project !== undefined || parent !== undefined;
  return {
    ...stack,
    ...(isElsewhere && { project, parent }),
    onNameTaken: onNameTaken ?? stack.onNameTaken,
    folders: folders ?? stack.folders,
  };
}
