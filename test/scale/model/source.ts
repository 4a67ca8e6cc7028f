import { lengthOf } from '#src/core/source/byte-range.ts';
import type { SourceReader } from '#src/core/source/source-reader.ts';
import { assumptions } from './assumptions.ts';
import { type LoadContext, passTime } from './load-context.ts';
import { tokenOf } from './sparse-bytes.ts';

/** Amazon S3 without bytes: each range is one token. The link models the time of its bytes. */
export function modelSource(context: LoadContext): SourceReader {
  const { tally, objects } = context;
  return {
    async inspect({ key }) {
      tally.source.add('HEAD');
      await passTime(context, assumptions.sourceMs);
      return objects.objectOf(objects.indexOf(key));
    },
    async confirmReadable() {
      tally.source.add('GET');
      await passTime(context, assumptions.sourceMs);
    },
    async *read(_object, range) {
      tally.source.add('GET');
      yield tokenOf(lengthOf(range));
    },
  };
}
