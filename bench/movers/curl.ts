import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TransferError } from '#src/core/errors/errors.ts';
import { lengthOf } from '#src/core/source/byte-range.ts';
import { peakRssBytes, type Usage } from '../measure.ts';
import { serveRequests } from '../worker-process.ts';
import { type MoverJob, objectUrl } from './job.ts';
import { openUpload } from './upload-urls.ts';

const script = new URL('./curl.sh', import.meta.url).pathname;

/** Interval of the memory samples, in ms. Each sample takes a few file reads. */
const sampleEveryMs = 100;

/** Runs the shell's pipelines. This process only waits and is not measured. */
serveRequests(async (job: MoverJob | 'isInstalled') => {
  if (job === 'isInstalled') return isInstalled();
  const folder = await mkdtemp(join(job.directory, 'curl-'));
  try {
    const puts = await openUpload(job);
    const lines = puts.map(
      ({ range, url }) => `${range.start}-${range.endInclusive} ${lengthOf(range)} ${url}\n`,
    );
    await writeFile(join(folder, 'list'), lines.join(''));
    return await runScript([folder, String(job.shape.inFlight), objectUrl(job)]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

/** Returns whether curl, md5sum and bash 4.0 (for `mapfile`) are installed. */
function isInstalled(): boolean {
  const commands = [
    ['curl', ['--version']],
    ['md5sum', ['--version']],
    ['bash', ['-c', 'mapfile -t lines </dev/null']],
  ] as const;
  return commands.every(([command, args]) => spawnSync(command, args).status === 0);
}

async function runScript(args: readonly string[]): Promise<Usage> {
  const startedAt = performance.now();
  const shell = spawn('bash', [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(shell, 'close');
  const [output, errors, peak] = await Promise.all([
    shell.stdout.setEncoding('utf8').toArray(),
    shell.stderr.setEncoding('utf8').toArray(),
    largestPeak(shell.pid ?? 0, ended),
  ]);
  await ended;
  const seconds = (performance.now() - startedAt) / 1000;
  if (shell.exitCode !== 0) {
    throw new TransferError('UnexpectedError', `curl.sh failed: ${errors.join('').slice(0, 500)}`);
  }
  return { seconds, cpuSeconds: cpuSeconds(output.join('')), peakRssBytes: peak };
}

/** Sums the output of the shell's `times`: `0m1.234s`, user and system, of the shell and its children. */
function cpuSeconds(times: string): number {
  const found = [...times.matchAll(/(\d+)m([\d.]+)s/g)];
  return found.reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
    0,
  );
}

/** Returns the largest sampled peak of any process below the shell. */
async function largestPeak(shellPid: number, ended: Promise<unknown>): Promise<number | undefined> {
  let isOver = false;
  ended.then(() => {
    isOver = true;
  });
  let largest: number | undefined;
  while (!isOver) {
    for (const pid of await descendants(shellPid)) {
      const bytes = await peakRssBytes(pid);
      if (bytes !== undefined) largest = Math.max(largest ?? 0, bytes);
    }
    await Promise.race([sleep(sampleEveryMs), ended]);
  }
  return largest;
}

async function descendants(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'latin1').catch(() => '');
  const children = text.split(' ').filter(Boolean).map(Number);
  const below = await Promise.all(children.map(descendants));
  return [...children, ...below.flat()];
}
