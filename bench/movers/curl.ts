import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lengthOf } from '#src/core/source/byte-range.ts';
import { measureShell } from '../measure/command.ts';
import { sumUsages, type Usage } from '../measure/usage.ts';
import type { Film } from '../processes/films.ts';
import { serveRequests } from '../processes/worker-process.ts';
import { type MoverJob, objectUrl } from './job.ts';
import { openUpload } from './upload-urls.ts';

const script = new URL('./curl.sh', import.meta.url).pathname;

/** Runs the shell's pipelines. This process only waits and is not measured. */
serveRequests(async (job: MoverJob | 'isInstalled') => {
  if (job === 'isInstalled') return isInstalled();
  const usages: Usage[] = [];
  for (const film of job.films) usages.push(await moveFilm(job, film));
  return sumUsages(usages);
});

async function moveFilm(job: MoverJob, film: Film): Promise<Usage> {
  const folder = await mkdtemp(join(job.directory, 'curl-'));
  try {
    const puts = await openUpload(job, film);
    const lines = puts.map(
      ({ range, url }) => `${range.start}-${range.endInclusive} ${lengthOf(range)} ${url}\n`,
    );
    await writeFile(join(folder, 'list'), lines.join(''));
    return await measureShell([script, folder, String(job.shape.inFlight), objectUrl(job, film)]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Returns whether curl, md5sum and bash 4.0 (for `mapfile`) are installed. */
function isInstalled(): boolean {
  const commands = [
    ['curl', ['--version']],
    ['md5sum', ['--version']],
    ['bash', ['-c', 'mapfile -t lines </dev/null']],
  ] as const;
  return commands.every(([command, args]) => spawnSync(command, args).status === 0);
}
