import { z } from 'zod';
import { mediaTypes as mediaTypeNames, typeOfExtension } from '#src/core/source/media-types.ts';
import { invalidAt, list, oneOf } from '../configuration/fields.ts';
import { quoted } from '../configuration/invalid.ts';

/** The fields that choose a source's objects. An empty list would let every object pass. */

const prefix = z
  .string('must be text')
  .min(1, 'must not be empty. Omit prefixes to take any key')
  .meta({ type: 'text' });

const suffix = z
  .string('must be text')
  .refine((value) => value.includes('.'), { error: ({ input }) => mustHaveDot(String(input)) })
  .meta({ type: 'text' });

function mustHaveDot(value: string): string {
  return `must have its dot. Use ${quoted(`.${value || 'mp4'}`)}`;
}

export const prefixes = list(prefix, 'Omit it to take any key').optional().meta({
  description: 'Keys must begin with one of these, case-sensitive.',
  default: 'any key',
});

export const suffixes = list(suffix, 'Omit it to take any key').optional().meta({
  description:
    'Keys must end with one of these, in any letter case. Each has its dot, and a media extension or an entry in `mediaTypes`.',
  default: 'any key',
});

export const mediaTypes = mediaTypesOf('must be an object such as {".r3d":"video"}');

/** @param must - the message for a value of another form */
export function mediaTypesOf(must: string) {
  return z
    .record(z.string(), oneOf(mediaTypeNames), must)
    .check(({ value, issues }) => {
      const names = Object.keys(value);
      const invalid = names.find((name) => !name.includes('.'));
      if (names.length === 0) {
        issues.push(invalidAt([], value, 'must have at least one entry. Or omit mediaTypes'));
      }
      if (invalid === undefined) return;
      issues.push(invalidAt([], value, mustHaveDot(invalid), { invalidKey: invalid }));
    })
    .readonly()
    .optional()
    .meta({
      type: 'object of suffix and `video`, `audio` or `image`',
      description:
        'The media type of objects whose keys end with a suffix, in any letter case: `{ ".r3d": "video" }`. Takes precedence over the known extensions.',
      default: "by the extension, else by the object's content type",
    });
}

interface Sizes {
  readonly minSize?: number | undefined;
  readonly maxSize?: number | undefined;
}

export function checkSizes({ value, issues }: z.core.ParsePayload<Sizes>): void {
  const { minSize, maxSize } = value;
  if (minSize === undefined || maxSize === undefined || minSize <= maxSize) return;
  issues.push(invalidAt(['minSize'], minSize, `must not be above maxSize, which is ${maxSize}`));
}

interface Suffixes {
  readonly suffixes?: readonly string[] | undefined;
  readonly mediaTypes?: Readonly<Record<string, string>> | undefined;
}

/** Objects whose media type is unknown would all be ignored silently. */
export function checkSuffixTypes({ value, issues }: z.core.ParsePayload<Suffixes>): void {
  const named = Object.keys(value.mediaTypes ?? {});
  const index = (value.suffixes ?? []).findIndex((one) => !hasKnownType(one, named));
  const unknown = value.suffixes?.[index];
  if (unknown === undefined) return;
  const must = `must end with the extension of a media type. Or set its type: mediaTypes {${quoted(unknown)}:"video"}, with -c mediaTypes=${unknown}=video`;
  issues.push(invalidAt(['suffixes', index], unknown, must));
}

/** A key that ends with the longer suffix also ends with the shorter one. */
function hasKnownType(one: string, named: readonly string[]): boolean {
  const lowerCase = one.toLowerCase();
  const extension = lowerCase.slice(lowerCase.lastIndexOf('.') + 1);
  return (
    typeOfExtension(extension) !== undefined ||
    named.some((name) => lowerCase.endsWith(name.toLowerCase()))
  );
}
