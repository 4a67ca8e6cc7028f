import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { TwelveLabs } from 'twelvelabs-js';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { measure, sumUsages, type Usage } from '../measure/usage.ts';
import type { Film } from '../processes/films.ts';
import { serveRequests } from '../processes/worker-process.ts';
import { type MoverJob, objectUrl } from './job.ts';

/**
 * Uses the service's own SDK. It accepts only a file, so the object is downloaded first. Its helper uses
 * its defaults, such as ten chunks in flight.
 */
serveRequests(async (job: MoverJob) => {
  const folder = join(job.directory, 'sdk-helper');
  await mkdir(folder);
  Object.assign(process.env, { TMPDIR: folder, TWELVELABS_BASE_URL: job.sink.baseUrl });
  const client = new TwelveLabs({ apiKey: job.sink.apiKey });
  try {
    const usages: Usage[] = [];
    for (const film of job.films) usages.push(await moveFilm(job, film, folder, client));
    return sumUsages(usages);
  } finally {
    await rm(folder, { recursive: true });
  }
});

async function moveFilm(
  job: MoverJob,
  film: Film,
  folder: string,
  client: TwelveLabs,
): Promise<Usage> {
  return measure(async () => {
    const path = join(folder, 'film.mp4');
    await download(objectUrl(job, film), path);
    await client.multipartUpload.uploadFile(path);
  });
}

async function download(url: string, path: string): Promise<void> {
  const reply = await fetch(url);
  if (!reply.ok || !reply.body) {
    throw new TransferError('UnexpectedError', `The download failed with status ${reply.status}`);
  }
  await pipeline(Readable.fromWeb(reply.body), createWriteStream(path));
}
