import { Option } from 'commander';
import { mediaTypes } from '#src/core/source/media-types.ts';

/** Returns the option that says what a source without a known extension is. */
export function mediaTypeOption(): Option {
  return new Option(
    '--media-type <type>',
    'local run: what the source is (default: by extension and content type)',
  ).choices(mediaTypes);
}
