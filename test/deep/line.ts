import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Table from 'cli-table3';
import { Command, InvalidArgumentError } from 'commander';
import type { CallRecord } from '#local/simulators/twelvelabs/wire/call-log.ts';
import { startTwelveLabs } from '#local/simulators/twelvelabs/server.ts';
import type { TwelveLabsSimulator } from '#local/simulators/twelvelabs/simulator.ts';
import { startIngest } from './ingest-run.ts';
import { measureLine } from './measure-line.ts';
import { openShapedLine, type ShapedLine } from './shaped-line.ts';
import { createVerdicts } from './checks.ts';

/**
 * Runs `npm run ingest` through lines of fixed capacity, in real time, and measures how much of each
 * line arrives as stored chunks.
 */

interface Flags {
  readonly minutes: number;
  readonly warmUp: number;
  readonly rate?: number;
  readonly chunk?: number;
  readonly all: boolean;
  readonly lateReply: number;
}

interface Case {
  readonly megabits: number;
  readonly chunkMiB: number;
}

/** What one case amounted to between the warm-up and the end. Bytes count once for each chunk. */
interface Measured {
  readonly storedBytes: number;
  readonly lineBytes: number;
  readonly putsBegun: number;
  readonly putsStored: number;
  /** Body bytes of PUTs that stored no new chunk and ended, or that a later PUT of the chunk replaced. */
  readonly wastedBytes: number;
  /** Bytes that left the line, headers and cut PUTs included. */
  readonly carriedBytes: number;
  /** What the command printed last, where it ended before its time. */
  readonly endedEarly: string | undefined;
}

const MiB = 1024 * 1024;
const MB = 1_000_000;
const leastShare = 0.8;
const shapingTolerance = 0.03;

/** Larger than the fastest line carries in the time of a run. */
const filmBytes = 2_000 * MB;

const issueCases: readonly Case[] = [
  { megabits: 1, chunkMiB: 5 },
  { megabits: 2, chunkMiB: 5 },
  { megabits: 10, chunkMiB: 5 },
  { megabits: 10, chunkMiB: 64 },
];

const command = new Command('test:line')
  .description('Measures the share of a slow line that arrives as stored chunks.')
  .option('--minutes <n>', 'minutes to measure', positive, 10)
  .option('--warm-up <seconds>', 'seconds from the first call to the measurement', positive, 60)
  .option('--rate <megabits>', 'run the cases of one rate, in Mbit/s', positive)
  .option('--chunk <MiB>', 'run the cases of one chunk size, in MiB', positive)
  .option('--late-reply <seconds>', 'seconds of the late replies in the last case', positive, 35)
  .option('--all', 'shape the calls to the API too', false);

const flags = command.parse().opts<Flags>();
process.exitCode = await main();

async function main(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'chunkferry-line-'));
  try {
    const film = join(folder, 'film.mp4');
    await writeFile(film, '');
    await truncate(film, filmBytes);
    return await measureAll(film, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureAll(film: string, folder: string): Promise<number> {
  const cases = chosenCases();
  const minutes = flags.warmUp / 60 + flags.minutes;
  console.log(`${cases.length} lines at once, about ${minutes.toFixed(1)} minutes`);
  const [checks, results, late] = await Promise.all([
    Promise.all([...new Set(cases.map(({ megabits }) => megabits))].map(checkShaping)),
    Promise.all(cases.map((one) => measureCase(one, film, folder))),
    measureLateReplies(folder),
  ]);
  const verdicts = createVerdicts();
  for (const { megabits, share } of checks) {
    verdicts.judge(
      `a plain upload through the line of ${megabits} Mbit/s gets its rate`,
      Math.abs(share - 1) <= shapingTolerance,
      percent(share),
    );
  }
  console.log(`\n${tableOf(cases, results)}\n`);
  for (const [index, { megabits, chunkMiB }] of cases.entries()) {
    const { storedBytes, lineBytes, endedEarly } = results[index] as Measured;
    const share = storedBytes / lineBytes;
    verdicts.judge(
      `${megabits} Mbit/s in chunks of ${chunkMiB} MiB stores at least ${percent(leastShare)} of the line`,
      share >= leastShare && endedEarly === undefined,
      endedEarly ?? percent(share),
    );
  }
  const { puts, chunks, ended } = late;
  verdicts.judge(
    `an upload host that answers ${flags.lateReply} s late gets every chunk once`,
    ended === 0 && puts === chunks,
    `${puts} PUTs for ${chunks} chunks, exit code ${ended}`,
  );
  return verdicts.end();
}

function chosenCases(): readonly Case[] {
  const { rate, chunk } = flags;
  const fits = issueCases.filter(
    ({ megabits, chunkMiB }) => (rate ?? megabits) === megabits && (chunk ?? chunkMiB) === chunkMiB,
  );
  return fits.length > 0 ? fits : [{ megabits: rate ?? 10, chunkMiB: chunk ?? 5 }];
}

/** The line's own rate, by a plain upload over four connections. */
async function checkShaping(megabits: number) {
  const seconds = Math.min(60, flags.warmUp + flags.minutes * 60);
  return { megabits, share: (await measureLine(megabits * MB, seconds)) / (megabits * MB) };
}

async function measureCase(
  { megabits, chunkMiB }: Case,
  film: string,
  folder: string,
): Promise<Measured> {
  const line = openShapedLine(megabits * MB);
  let target = '';
  const presignedOrigin = await line.lead(() => target);
  const simulator = await startTwelveLabs({
    store: 'discard',
    chunkSizeBytes: chunkMiB * MiB,
    presignedOrigin,
  });
  target = simulator.uploadOrigin;
  const { origin, pathname } = new URL(simulator.baseUrl);
  const api = flags.all ? await line.lead(() => origin) : origin;
  const run = await startIngest(film, folder, { ...simulator, baseUrl: api + pathname });
  const early = run.ended.then(({ stderr }) => `ended early: ${lastLine(stderr)}`);
  try {
    await Promise.race([firstCall(simulator).then(() => delay(flags.warmUp * 1000)), early]);
    const from = Date.now();
    const carriedBefore = line.carriedBytes();
    const window = delay(flags.minutes * 60_000).then(() => undefined);
    const endedEarly = await Promise.race([window, early]);
    return { ...sumUp(simulator, line, from, carriedBefore, megabits), endedEarly };
  } finally {
    await run.stop();
    await simulator.close();
    await line.close();
  }
}

/** Time counts from the first call on: how long a busy machine takes to start a process is not measured. */
async function firstCall({ calls }: TwelveLabsSimulator): Promise<void> {
  while (calls.count('create') === 0) await delay(100);
}

function sumUp(
  simulator: TwelveLabsSimulator,
  line: ShapedLine,
  from: number,
  carriedBefore: number,
  megabits: number,
): Omit<Measured, 'endedEarly'> {
  const all = simulator.calls.of('put');
  const firsts = firstStored(all);
  const latest = new Map(all.map((put) => [nameOf(put), put]));
  const puts = all.filter((put) => (put.endedAt ?? from) >= from);
  const stored = puts.filter((put) => firsts.has(put));
  // A client that gave up leaves its bytes in the kernel, and they go on to fill the line.
  const wasted = puts.filter(
    (put) => !firsts.has(put) && (put.endedAt !== undefined || latest.get(nameOf(put)) !== put),
  );
  return {
    storedBytes: sumBytes(stored),
    lineBytes: (megabits * MB * flags.minutes * 60) / 8,
    putsBegun: puts.filter(({ at }) => at >= from).length,
    putsStored: stored.length,
    wastedBytes: sumBytes(wasted),
    carriedBytes: line.carriedBytes() - carriedBefore,
  };
}

/** The first PUT of each chunk that was answered with 200. */
function firstStored(puts: readonly CallRecord[]): ReadonlySet<CallRecord> {
  const firsts = new Map<string, CallRecord>();
  const answered = puts.filter(({ status, endedAt }) => status === 200 && endedAt !== undefined);
  for (const put of answered.toSorted((a, b) => (a.endedAt ?? 0) - (b.endedAt ?? 0))) {
    if (!firsts.has(nameOf(put))) firsts.set(nameOf(put), put);
  }
  return new Set(firsts.values());
}

function nameOf({ uploadId, chunkIndex }: CallRecord): string {
  return `${uploadId} ${chunkIndex}`;
}

function sumBytes(puts: readonly CallRecord[]): number {
  return puts.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** A short film to a host that keeps each reply back, without a line: only real time shows every timer. */
async function measureLateReplies(folder: string) {
  const chunks = 4;
  const film = join(folder, 'short.mp4');
  await writeFile(film, '');
  await truncate(film, chunks * MiB);
  const simulator = await startTwelveLabs({ store: 'discard', chunkSizeBytes: MiB });
  const ms = flags.lateReply * 1000;
  simulator.faults.drawFrom(({ operation }) =>
    operation === 'put' ? { kind: 'late-reply', ms } : undefined,
  );
  const run = await startIngest(film, folder, simulator);
  const limit = delay(chunks * ms + 60_000, undefined, { ref: false });
  const ended = await Promise.race([run.ended, limit]);
  await run.stop();
  const puts = simulator.calls.count('put');
  await simulator.close();
  return { chunks, puts, ended: ended?.code ?? 'none' };
}

function tableOf(cases: readonly Case[], results: readonly Measured[]): string {
  const head = ['line', 'chunk', 'stored', 'share', 'PUTs begun', 'stored', 'wasted', 'line used'];
  const table = new Table({ head, style: { head: [], border: [], compact: true } });
  for (const [index, { megabits, chunkMiB }] of cases.entries()) {
    const found = results[index] as Measured;
    table.push([
      `${megabits} Mbit/s`,
      `${chunkMiB} MiB`,
      megabytes(found.storedBytes),
      percent(found.storedBytes / found.lineBytes),
      found.putsBegun,
      found.putsStored,
      megabytes(found.wastedBytes),
      percent(found.carriedBytes / found.lineBytes),
    ]);
  }
  return table.toString();
}

function megabytes(bytes: number): string {
  return `${(bytes / MB).toFixed(1)} MB`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}

function positive(text: string): number {
  if (Number(text) > 0) return Number(text);
  throw new InvalidArgumentError('Give a number above zero.');
}
