import { parseSize } from '#local/terminal/size.ts';
import { CommandError } from '../command-error.ts';
import { type Context, printNote } from '../context.ts';
import { noteListed } from '../listing/count-listed.ts';
import { counted } from '../output/words.ts';
import type { EstimateFlags } from './estimate-flags.ts';
import type { EstimatedDestination } from './estimated-destination.ts';
import { pricedRegion } from './priced-region.ts';
import { type ObjectSums, sumObjects } from './sum-objects.ts';

/** What is to be moved. */
export interface Load {
  readonly bytes: number;
  readonly objects: number;
  /** The Region of the bucket, if it is known. */
  readonly region?: string | undefined;
}

/** The size of chunks that the service chooses: that of TwelveLabs. */
export const usualChunkBytes = 5 * 1024 * 1024;

/**
 * Returns what the user named, or lists what is under a prefix.
 * @throws CommandError - neither, or both
 */
export async function readLoad(
  source: string | undefined,
  flags: EstimateFlags,
  destination: EstimatedDestination,
  context: Context,
): Promise<Load> {
  const { bytes, objects } = flags;
  if (source !== undefined && bytes === undefined && objects === undefined)
    return listLoad(source, flags, destination, context);
  if (source === undefined && bytes !== undefined && objects !== undefined)
    return { bytes: parseSize(bytes, '--bytes'), objects, region: pricedRegion };
  throw new CommandError(
    'usage',
    'Invalid call of estimate: it needs either s3://bucket/prefix, or --bytes and --objects.',
  );
}

async function listLoad(
  source: string,
  flags: EstimateFlags,
  { service, chunkBytesOf, mostBytesOf }: EstimatedDestination,
  context: Context,
): Promise<Load> {
  const chosen = flags.chunkSize && parseSize(flags.chunkSize, '--chunk-size');
  const mostBytes = (key: string, sizeBytes: number) =>
    mostBytesOf(key, chosen || (chunkBytesOf(sizeBytes) ?? usualChunkBytes));
  const sums = await sumObjects(source, flags, context.env, mostBytes, noteListed(context));
  for (const line of linesAbout(sums, service)) printNote(context, line);
  return sums;
}

/** Returns what the bill includes although it is not moved as it is. */
function linesAbout({ archived, otherTypes, tooLarge }: ObjectSums, service: string): string[] {
  const lines: readonly (readonly [number, string])[] = [
    [
      archived,
      'archived: restore before the transfer. The price of the restore is not in the bill.',
    ],
    [otherTypes, `counted that ${service} does not take by the extension.`],
    [tooLarge, `counted that cannot be moved: larger than ${service} or an upload session takes.`],
  ];
  return lines
    .filter(([count]) => count > 0)
    .map(([count, text]) => `${counted(count, 'object')} ${text}`);
}
