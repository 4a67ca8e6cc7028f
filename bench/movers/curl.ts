import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TransferError } from '#src/core/errors/errors.ts';
import { lengthOf } from '#src/core/source/byte-range.ts';
import { peakRssBytes, type Usage } from '../measure.ts';
import { answerQuestions } from '../talking-process.ts';
import { type MoverJob, objectUrl } from './job.ts';
import { openUpload } from './upload-addresses.ts';

const script = new URL('./curl.sh', import.meta.url).pathname;

/** Between two looks at the memory of the processes; each costs a few file reads. */
const lookEveryMs = 100;

/** Runs the shell's pipelines; this process itself only waits, and is not counted. */
answerQuestions(async (job: MoverJob | 'isThere') => {
  if (job === 'isThere') return isThere();
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

/** curl, md5sum and a bash that can read a file into an array (4.0). */
function isThere(): boolean {
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
    throw new TransferError('UnexpectedError', `curl failed: ${errors.join('').slice(0, 500)}`);
  }
  return { seconds, cpuSeconds: cpuSeconds(output.join('')), peakRssBytes: peak };
}

/** Adds up what the shell's `times` prints: `0m1.234s`, user and system, its own and its children's. */
function cpuSeconds(times: string): number {
  const found = [...times.matchAll(/(\d+)m([\d.]+)s/g)];
  return found.reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
    0,
  );
}

/** The largest peak of any one process below the shell, as far as it is seen. */
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
    await Promise.race([sleep(lookEveryMs), ended]);
  }
  return largest;
}

async function descendants(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'latin1').catch(() => '');
  const children = text.split(' ').filter(Boolean).map(Number);
  const below = await Promise.all(children.map(descendants));
  return [...children, ...below.flat()];
}
