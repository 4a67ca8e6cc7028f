import * as z from 'zod/mini';
import type { SettingField } from '#src/service-api/definition.ts';
import { GiB, MiB, maxBytesByMediaType } from './limits.ts';

/** The service's own server (documents of API v1.3, 2026). */
const ownBaseUrl = 'https://api.twelvelabs.io/v1.3';

const atLeastOne = 'whole number of at least 1';

const bytes = z.int(`must be a ${atLeastOne}`).check(z.gte(1, `must be a ${atLeastOne}`));

/** The settings of this destination, without its API key. */
export const settingsSchema = z.strictObject({
  /** The server, with the version path. */
  baseUrl: z._default(z.string('must be text'), ownBaseUrl),
  maxMediaBytes: z.optional(bytes),
  maxImageBytes: z.optional(bytes),
});

export type TwelveLabsSettings = Readonly<z.output<typeof settingsSchema>>;

/** How each setting is set, and its reference. */
export const settingFields = {
  baseUrl: {
    variable: 'TWELVELABS_BASE_URL',
    type: 'URL',
    description: 'Another server with the same API, with `/v1.3`.',
    default: `\`${ownBaseUrl}\``,
  },
  maxMediaBytes: {
    variable: 'TWELVELABS_MAX_MEDIA_BYTES',
    form: 'number',
    type: atLeastOne,
    description: 'The largest video or audio object to accept, in bytes.',
    default: `${maxBytesByMediaType.video / GiB} GiB`,
  },
  maxImageBytes: {
    variable: 'TWELVELABS_MAX_IMAGE_BYTES',
    form: 'number',
    type: atLeastOne,
    description: 'The largest image to accept, in bytes.',
    default: `${maxBytesByMediaType.image / MiB} MiB`,
  },
} as const satisfies Record<keyof z.input<typeof settingsSchema>, SettingField>;
