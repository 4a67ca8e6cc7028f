import * as z from 'zod/mini';
import type { SettingField } from '#src/service-api/definition.ts';

/**
 * `documented`: form fields as the documents name them. `library`: form fields of django-chunked-upload, which
 * the service most likely uses. Both accept any 2xx: the documents say 201, the library answers 200.
 */
export const modes = ['documented', 'library'] as const;

export type Mode = (typeof modes)[number];

/** The settings of this destination, without its secret. */
export const settingsSchema = z.strictObject({
  /** The API of one community; there is no shared server. */
  baseUrl: z.string(
    'must be the URL of your community, such as https://community.example.com/api/v2',
  ),
  mode: z._default(
    z.enum(modes, `must be one of ${modes.map((mode) => JSON.stringify(mode)).join(', ')}`),
    'documented',
  ),
});

export type SettingsInput = z.input<typeof settingsSchema>;

export type SelfCommunitySettings = Readonly<z.output<typeof settingsSchema>>;

/** How each setting is set, and its reference. */
export const settingFields = {
  baseUrl: {
    variable: 'SELFCOMMUNITY_BASE_URL',
    type: 'URL',
    description: 'The API of your community, with `/api/v2`.',
    default: 'none',
  },
  mode: {
    variable: 'SELFCOMMUNITY_MODE',
    type: modes.map((mode) => `\`${mode}\``).join(', '),
    description:
      'The names of the form fields: as documented, or as django-chunked-upload names them.',
    default: '`documented`',
  },
} as const satisfies Record<keyof SettingsInput, SettingField>;
