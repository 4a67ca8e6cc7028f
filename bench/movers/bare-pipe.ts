import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { Agent, type Dispatcher, request } from 'undici';
import { TransferError } from '#src/core/errors/errors.ts';
import { lengthOf, rangeHeader } from '#src/core/source/byte-range.ts';
import { measure } from '../measure.ts';
import { serveRequests } from '../worker-process.ts';
import { type MoverJob, objectUrl } from './job.ts';
import { openUpload, type PlannedPut } from './upload-urls.ts';

/** The minimum that a Node program can do: no signature, no check, no proof, no retry. */
serveRequests(async (job: MoverJob) => {
  const queue = await openUpload(job);
  const dispatcher = new Agent();
  const moveChunks = async () => {
    for (let put = queue.shift(); put; put = queue.shift()) await moveChunk(job, put, dispatcher);
  };
  return measure(() => Promise.all(Array.from({ length: job.shape.inFlight }, moveChunks)));
});

async function moveChunk(job: MoverJob, { range, url }: PlannedPut, dispatcher: Agent) {
  const got = await request(objectUrl(job), {
    dispatcher,
    headers: { range: rangeHeader(range) },
  });
  const put = await request(url, {
    dispatcher,
    method: 'PUT',
    headers: { 'content-length': String(lengthOf(range)) },
    body: job.sums === 'md5' ? asBody(hashed(got.body)) : got.body,
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
