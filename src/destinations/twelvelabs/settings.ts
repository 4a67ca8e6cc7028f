import * as z from 'zod/mini';
import type { SettingField } from '#src/service-api/definition.ts';

/** The service's own server (documents of API v1.3, 2026). */
const ownBaseUrl = 'https://api.twelvelabs.io/v1.3';

/** The settings of this destination, without its API key. */
export const settingsSchema = z.strictObject({
  /** The server, with the version path. */
  baseUrl: z._default(z.string('must be text'), ownBaseUrl),
});

/** How each setting is set, and its reference. */
export const settingFields = {
  baseUrl: {
    variable: 'TWELVELABS_BASE_URL',
    type: 'URL',
    description: 'Another server with the same API, with `/v1.3`.',
    default: `\`${ownBaseUrl}\``,
  },
} as const satisfies Record<keyof z.input<typeof settingsSchema>, SettingField>;
