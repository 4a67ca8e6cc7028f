import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { TwelveLabs } from 'twelvelabs-js';
import { TransferError } from '#src/core/errors/errors.ts';
import { measure } from '../measure.ts';
import { serveRequests } from '../worker-process.ts';
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
    return await measure(async () => {
      const path = join(folder, 'film.mp4');
      await download(job, path);
      await client.multipartUpload.uploadFile(path);
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});

async function download(job: MoverJob, path: string): Promise<void> {
  const reply = await fetch(objectUrl(job));
  if (!reply.ok || !reply.body) {
    throw new TransferError('UnexpectedError', `The download failed with status ${reply.status}`);
  }
  await pipeline(Readable.fromWeb(reply.body), createWriteStream(path));
}
