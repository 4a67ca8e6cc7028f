import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { measureCommand } from '../measure/command.ts';
import { sumUsages, type Usage } from '../measure/usage.ts';
import type { Film } from '../processes/films.ts';
import type { Bucket } from '../processes/servers.ts';
import { serveRequests } from '../processes/worker-process.ts';
import type { MoverJob } from './job.ts';

/**
 * Runs a whole program for each object: rclone, or the ingest command. This process only waits and is
 * not measured.
 */
serveRequests(async (job: MoverJob) => {
  const usages: Usage[] = [];
  for (const film of job.films) usages.push(await moveFilm(job, film));
  return sumUsages(usages);
});

async function moveFilm(job: MoverJob, film: Film): Promise<Usage> {
  const stateDirectory = await mkdtemp(join(job.directory, 'state-'));
  try {
    const [command, environment] = job.target
      ? rclone(job, job.target, film)
      : ingest(job, film, stateDirectory);
    return await measureCommand(command, { ...process.env, ...environment });
  } finally {
    await rm(stateDirectory, { recursive: true, force: true });
  }
}

type Command = readonly [command: readonly string[], environment: Readonly<Record<string, string>>];

/** As many streams and parts of the same size as the send path. rclone compares the parts' MD5 ETags. */
function rclone({ program = [], source, shape }: MoverJob, target: Bucket, film: Film): Command {
  const streams = String(shape.inFlight);
  const chunkSize = `${shape.chunkSizeBytes}B`;
  const options = [
    ['--multi-thread-streams', streams],
    ['--multi-thread-cutoff', '0'],
    ['--multi-thread-chunk-size', chunkSize],
    ['--s3-upload-concurrency', streams],
    ['--s3-chunk-size', chunkSize],
  ];
  const command = [
    ...program,
    'copyto',
    `source:${source.bucket}/${film.key}`,
    `target:${target.bucket}/copied-${film.key}`,
    ...options.flat(),
    '--config=',
    '--s3-no-check-bucket',
    '--ignore-times',
  ];
  return [command, { ...remote('SOURCE', source), ...remote('TARGET', target) }];
}

function remote(name: string, { url, accessKeyId, secretAccessKey }: Bucket) {
  const settings = {
    TYPE: 's3',
    PROVIDER: 'Other',
    ENDPOINT: url,
    REGION: 'us-east-1',
    ACCESS_KEY_ID: accessKeyId,
    SECRET_ACCESS_KEY: secretAccessKey,
  };
  const entries = Object.entries(settings);
  return Object.fromEntries(entries.map(([key, value]) => [`RCLONE_CONFIG_${name}_${key}`, value]));
}

function ingest({ program = [], source, sink }: MoverJob, film: Film, folder: string): Command {
  const name = `s3://${source.bucket}/${film.key}`;
  const environment = {
    AWS_ENDPOINT_URL_S3: source.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: source.accessKeyId,
    AWS_SECRET_ACCESS_KEY: source.secretAccessKey,
    TWELVELABS_BASE_URL: sink.baseUrl,
    TWELVE_LABS_API_KEY: sink.apiKey,
  };
  return [[...program, name, '--json', '--state-dir', folder], environment];
}
