import * as z from 'zod/mini';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { DestinationOptions } from '#src/core/transfer/transfer-options.ts';
import type { OptionField } from '#src/service-api/definition.ts';
import { readTransferOptions } from '#src/service-api/transfer-options.ts';
import type { Kind } from './media-rules.ts';
import type { Mode } from './settings.ts';

/** The types of media, each for one kind of object (developer docs, `chunk_upload_media`, 2026-08). */
const kindByType = { image: 'image', eimage: 'image', doc: 'document' } as const;

const types = ['image', 'eimage', 'doc'] as const satisfies readonly (keyof typeof kindByType)[];

/** The options of one transfer. */
export const optionsSchema = z.strictObject({
  type: z.optional(z.enum(types, 'must be one of "image", "eimage", "doc"')),
});

/** How each option is set, and its reference. */
export const optionFields = {
  type: {
    form: 'text',
    example: 'eimage',
    description:
      'the type of the media: `image`, `eimage` for an image within a text, `doc` for a PDF; in the mode `documented` only',
    default: '`image` or `doc`, by the object',
  },
} as const satisfies Record<keyof z.input<typeof optionsSchema>, OptionField>;

/**
 * Returns a transfer's options.
 * @throws InvalidInputError - the type is for another kind of object, or the mode has no types
 */
export function typeOptionOf(
  options: DestinationOptions,
  kind: Kind,
  mode: Mode,
): z.output<typeof optionsSchema> {
  const read = readTransferOptions(optionsSchema, options);
  const { type } = read;
  if (type === undefined) return read;
  const why =
    mode === 'library'
      ? 'must be absent in the mode "library", which has no types'
      : kindByType[type] !== kind && `must fit the object, which has the kind ${kind}`;
  if (!why) return read;
  throw new TransferError(
    'InvalidInputError',
    `Invalid input.type ${JSON.stringify(type)}: ${why}.`,
  );
}
