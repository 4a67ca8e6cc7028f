import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { ByteRange } from '#src/core/source/byte-range.ts';
import { planChunks } from '#src/core/transfer/chunk-plan.ts';
import type { Film } from '../processes/films.ts';
import type { MoverJob } from './job.ts';

/** A byte range of the object and its upload URL. */
export interface PlannedPut {
  readonly range: ByteRange;
  readonly url: string;
}

interface UploadUrls {
  readonly upload_urls: readonly { readonly chunk_index: number; readonly url: string }[];
}

/** The maximum of one call (TwelveLabs OpenAPI, 2026-02-17). */
const urlsPerCall = 50;

/**
 * Opens an upload and requests the URLs of all its chunks, for movers that do not know the service.
 * This time is not measured.
 */
export async function openUpload(
  { sink, shape }: Pick<MoverJob, 'sink' | 'shape'>,
  { sizeBytes }: Film,
): Promise<PlannedPut[]> {
  const request = { filename: 'film.mp4', type: 'video', total_size: sizeBytes };
  const path = '/assets/multipart-uploads';
  const { upload_id } = await post<{ upload_id: string }>(sink, path, request);
  const chunks = planChunks(sizeBytes, shape.chunkSizeBytes);
  const urls = new Map<number, string>();
  for (let start = 1; start <= chunks.length; start += urlsPerCall) {
    const count = Math.min(urlsPerCall, chunks.length - start + 1);
    const span = { start, count };
    const reply = await post<UploadUrls>(sink, `${path}/${upload_id}/presigned-urls`, span);
    for (const { chunk_index, url } of reply.upload_urls) urls.set(chunk_index, url);
  }
  return chunks.map(({ index, range }) => ({ range, url: urls.get(index) ?? '' }));
}

async function post<Answer>(sink: MoverJob['sink'], path: string, body: object): Promise<Answer> {
  const reply = await fetch(`${sink.baseUrl}${path}`, {
    method: 'POST',
    headers: { 'x-api-key': sink.apiKey, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (reply.ok) return (await reply.json()) as Answer;
  throw new TransferError('UnexpectedError', `POST ${path} failed with status ${reply.status}`);
}
