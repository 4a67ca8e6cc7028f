import * as z from 'zod/mini';
import type { SettingField } from '#src/service-api/definition.ts';
import { defaultMaxBytes } from './limits.ts';

/** The settings of this destination, without its secret. */
export const settingsSchema = z.strictObject({
  baseUrl: z.string('must be the URL at which your server creates uploads'),
  maxBytes: z._default(
    z.int('must be a number of bytes').check(z.gte(1, 'must be at least 1')),
    defaultMaxBytes,
  ),
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
  maxBytes: {
    variable: 'TUS_MAX_BYTES',
    form: 'number',
    type: 'bytes',
    description: 'The largest object that the server takes: its `Tus-Max-Size`.',
    default: '5 TiB',
  },
} as const satisfies Record<keyof TusSettings, SettingField>;
