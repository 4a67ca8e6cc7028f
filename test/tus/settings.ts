import * as z from 'zod/mini';
import type { SettingField } from '#src/service-api/definition.ts';

/** The settings of this destination, without its secret. */
export const settingsSchema = z.strictObject({
  baseUrl: z.string('must be the URL at which your server creates uploads'),
});

export type TusSettings = Readonly<z.output<typeof settingsSchema>>;

/** How each setting is set, and its reference. */
export const settingFields = {
  baseUrl: {
    variable: 'TUS_BASE_URL',
    type: 'URL',
    description: 'Where the server creates uploads.',
    default: 'none',
  },
} as const satisfies Record<keyof TusSettings, SettingField>;
