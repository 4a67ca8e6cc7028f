import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { Agent, type Dispatcher, request } from 'undici';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { lengthOf, rangeHeader } from '#src/core/source/byte-range.ts';
import { measure, sumUsages, type Usage } from '../measure/usage.ts';
import type { Film } from '../processes/films.ts';
import { serveRequests } from '../processes/worker-process.ts';
import { type MoverJob, objectUrl } from './job.ts';
import { openUpload, type PlannedPut } from './upload-urls.ts';

/** The minimum that a Node program can do: no signature, no check, no proof, no retry. */
serveRequests(async (job: MoverJob) => {
  const dispatcher = new Agent();
  const usages: Usage[] = [];
  for (const film of job.films) usages.push(await moveFilm(job, film, dispatcher));
  return sumUsages(usages);
});

async function moveFilm(job: MoverJob, film: Film, dispatcher: Agent): Promise<Usage> {
  const queue = await openUpload(job, film);
  const url = objectUrl(job, film);
  const moveChunks = async () => {
    for (let put = queue.shift(); put; put = queue.shift()) {
      await moveChunk(url, put, job.sums, dispatcher);
    }
  };
  return measure(() => Promise.all(Array.from({ length: job.shape.inFlight }, moveChunks)));
}

async function moveChunk(
  objectUrl: string,
  { range, url }: PlannedPut,
  sums: MoverJob['sums'],
  dispatcher: Agent,
) {
  const got = await request(objectUrl, { dispatcher, headers: { range: rangeHeader(range) } });
  const put = await request(url, {
    dispatcher,
    method: 'PUT',
    headers: { 'content-length': String(lengthOf(range)) },
    body: sums === 'md5' ? asBody(hashed(got.body)) : got.body,
  });
  await put.body.dump();
  if (got.statusCode === 206 && put.statusCode === 200) return;
  throw new TransferError('UnexpectedError', `GET ${got.statusCode}, PUT ${put.statusCode}`);
}

async function* hashed(body: Dispatcher.ResponseData['body']): AsyncGenerator<Buffer> {
  const md5 = createHash('md5');
  for await (const bytes of body) {
    md5.update(bytes);
    yield bytes;
  }
  md5.digest('hex');
}

/** Casts the body: undici accepts any async iterable, but its types allow only streams. */
function asBody(bytes: AsyncIterable<Uint8Array>): Readable {
  return bytes as unknown as Readable;
}
