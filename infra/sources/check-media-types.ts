import { mediaTypes as known, typeOfExtension } from '#src/core/source/media-types.ts';
import type { Source } from '#src/core/source/sources.ts';
import { refuse, refuseValue, shown } from '../refuse.ts';

type Filters = Pick<Source, 'suffixes' | 'mediaTypes'>;

/**
 * Objects of a suffix whose media type is not known would all be ignored, in silence.
 * @throws ConfigurationError - no media type, a suffix without a dot or of no known type
 */
export function checkMediaTypes(of: string, { suffixes = [], mediaTypes }: Filters): void {
  if (mediaTypes) checkNamed(of, mediaTypes);
  const named = Object.keys(mediaTypes ?? {});
  const unknown = suffixes.find((suffix) => !isKnown(suffix, named));
  if (unknown === undefined) return;
  refuse(
    'Chunkferry',
    `${of}: suffixes holds ${shown(unknown)}, whose media type is not known; name it in mediaTypes: {${shown(unknown)}:"video"}, or -c mediaTypes=${unknown}=video for sourceBuckets`,
  );
}

function checkNamed(of: string, named: Readonly<Record<string, string>>): void {
  const entries = Object.entries(named);
  if (entries.length === 0) {
    refuseValue('mediaTypes', named, 'must have at least one entry. Or leave mediaTypes out', of);
  }
  for (const [suffix, type] of entries) {
    if (!suffix.includes('.')) {
      const advice = `must have its dot. Use ${shown(`.${suffix || 'mp4'}`)}`;
      refuseValue('suffix', suffix, advice, `mediaTypes of ${of}`);
    }
    if ((known as readonly string[]).includes(type)) continue;
    refuseValue(`mediaTypes[${shown(suffix)}]`, type, 'must be "video", "audio" or "image"', of);
  }
}

/** A key that ends with a longer text ends with a shorter one too. */
function isKnown(suffix: string, named: readonly string[]): boolean {
  const text = suffix.toLowerCase();
  const extension = text.slice(text.lastIndexOf('.') + 1);
  return (
    typeOfExtension(extension) !== undefined ||
    named.some((one) => text.endsWith(one.toLowerCase()))
  );
}
