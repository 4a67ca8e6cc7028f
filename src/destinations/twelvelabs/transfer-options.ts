import * as z from 'zod/mini';
import type { OptionField } from '#src/service-api/definition.ts';
import { type MetadataValue, maxMetadataLength, metadataFlaw } from './user-metadata.ts';

const metadataValue = z.custom<MetadataValue>().check(({ value, issues }) => {
  const message = metadataFlaw(value);
  if (message) issues.push({ code: 'custom', message, input: value });
});

/** A value of null counts as absent. */
const userMetadata = z.pipe(
  z.transform(withoutNulls),
  z
    .record(
      z.string().check(z.minLength(1, 'contains an empty name')),
      metadataValue,
      'must be a JSON object',
    )
    .check(
      z.refine(
        (value) => JSON.stringify(value).length <= maxMetadataLength,
        'must have at most 16 KiB as JSON',
      ),
    ),
);

function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== null));
}

/** The options of one transfer. */
export const optionsSchema = z.strictObject({
  userMetadata: z.optional(userMetadata),
  enableHls: z.optional(z.boolean()),
  enableThumbnail: z.optional(z.boolean()),
});

/** How each option is set, and its reference. */
export const optionFields = {
  userMetadata: {
    form: 'json',
    flag: 'metadata',
    example: { season: 2026, public: false },
    description: 'metadata of the asset: text, numbers, booleans and lists of texts',
    default: 'none',
  },
  enableHls: {
    form: 'boolean',
    example: true,
    description: 'prepares the asset for streaming',
    default: '`false`',
  },
  enableThumbnail: {
    form: 'boolean',
    example: true,
    description: 'makes a thumbnail',
    default: '`false`',
  },
} as const satisfies Record<keyof z.input<typeof optionsSchema>, OptionField>;
