import { formatBytes, parseSize } from '#local/terminal/size.ts';
import { defaultSendTimeoutMs, maxChunksPerSession } from '#src/core/limits/limits.ts';
import { countRanges } from '#src/core/transfer/chunk-plan.ts';
import { CommandError } from '../command-error.ts';
import { type Context, printNote } from '../context.ts';
import { counted } from '../output/words.ts';
import { averageChunks, averageSize, type Workload } from './estimate.ts';
import type { EstimateFlags } from './estimate-flags.ts';
import type { EstimatedDestination } from './estimated-destination.ts';
import { type Load, usualChunkBytes } from './load.ts';

/**
 * Plans the chunks and ranges of an object of average size.
 * @throws CommandError - it has more chunks than an upload session
 */
export function planWorkload(
  { bytes, objects }: Load,
  { chunkSize, active, map, senders }: EstimateFlags,
  destination: EstimatedDestination,
  context: Context,
): Workload {
  const { isSerial, callsPerChunk, chunkBytesOf } = destination;
  const chunkSizeBytes =
    chunkSize === undefined
      ? (chunkBytesOf(averageSize({ bytes, objects })) ?? usualChunkBytes)
      : parseSize(chunkSize, '--chunk-size');
  const bounds = { activeTransfers: active, mapConcurrency: map, senders };
  const load = { bytes, objects, chunkSizeBytes };
  const totalChunks = assertChunks(load);
  noteLargeAverage(load, destination, context);
  const rangesAtOnce = Math.min(map, destination.rangesAtOnce);
  const ranges = countRanges(
    { totalChunks, chunkSizeBytes },
    { rangesAtOnce, sendTimeoutMs: defaultSendTimeoutMs },
  );
  return { ...load, ...bounds, ranges, isSerial, callsPerChunk };
}

type AverageLoad = Pick<Workload, 'bytes' | 'objects' | 'chunkSizeBytes'>;

function assertChunks(load: AverageLoad): number {
  const chunks = averageChunks(load);
  if (chunks <= maxChunksPerSession) return chunks;
  throw new CommandError(
    'usage',
    `Too large: one object of ${formatBytes(load.bytes / load.objects)} has ${counted(chunks, 'chunk')}, and an upload session has at most ${maxChunksPerSession.toLocaleString('en-US')}. Use more --objects, or a larger --chunk-size.`,
  );
}

/** A key of each kind of object that a service may take. */
const keys = ['film.mp4', 'photo.jpg', 'document.pdf'];

/** Notes before the bill that the service does not take an object of average size. */
function noteLargeAverage(
  { bytes, objects, chunkSizeBytes }: AverageLoad,
  { service, mostBytesOf }: EstimatedDestination,
  context: Context,
): void {
  const most = Math.max(...keys.map((key) => mostBytesOf(key, chunkSizeBytes) ?? 0));
  if (bytes / objects <= most) return;
  printNote(
    context,
    `An object of ${formatBytes(bytes / objects)} cannot be moved: ${service} takes ${formatBytes(most)} at most. The bill is that of a service without this limit.`,
  );
}
