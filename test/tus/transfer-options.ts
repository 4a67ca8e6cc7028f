import * as z from 'zod/mini';
import type { OptionField } from '#src/service-api/definition.ts';

/** Names are ASCII without blanks and commas (tus 1.0.0, "Upload-Metadata"). */
const metadata = z.record(
  z.string().check(z.regex(/^[!-+\--~]+$/, 'must have names of ASCII without blanks and commas')),
  z.string('must have texts as values'),
);

/** The options of one transfer. */
export const optionsSchema = z.strictObject({ uploadMetadata: z.optional(metadata) });

/** How each option is set, and its reference. */
export const optionFields = {
  uploadMetadata: {
    form: 'json',
    example: { season: '2026' },
    description: 'further metadata of the upload: texts by their names',
    default: 'none',
  },
} as const satisfies Record<keyof z.input<typeof optionsSchema>, OptionField>;
