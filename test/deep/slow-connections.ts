import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Table from 'cli-table3';
import { Command, InvalidArgumentError } from 'commander';
import { startTwelveLabs } from '#local/simulators/twelvelabs/server.ts';
import type { TwelveLabsSimulator } from '#local/simulators/twelvelabs/simulator.ts';
import type { CallRecord } from '#local/simulators/twelvelabs/wire/call-log.ts';
import { createChecks } from './checks.ts';
import { startIngest } from './ingest-run.ts';
import { measureLine } from './measure-line.ts';
import { openShapedLine, type ShapedLine } from './shaped-line.ts';

/**
 * Runs `npm run ingest` through lines of fixed capacity, in real time, and measures the share of each
 * line that arrives as stored chunks.
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

/** The measurements of one case after the warm-up. Bytes count once for each chunk. */
interface Measured {
  readonly storedBytes: number;
  readonly lineBytes: number;
  readonly putsBegun: number;
  readonly putsStored: number;
  /** Body bytes of ended PUTs that stored no new chunk, and of replaced PUTs. */
  readonly wastedBytes: number;
  /** Bytes that left the line, headers and cut PUTs included. */
  readonly carriedBytes: number;
  /** The last output of a command that ended early. */
  readonly endedEarly: string | undefined;
}

const MiB = 1024 * 1024;
const MB = 1_000_000;
const leastShare = 0.8;
const shapingTolerance = 0.03;

/** Size of the film, in bytes: larger than the capacity of the fastest line during a run. */
const filmBytes = 2_000 * MB;

const issueCases: readonly Case[] = [
  { megabits: 1, chunkMiB: 5 },
  { megabits: 2, chunkMiB: 5 },
  { megabits: 10, chunkMiB: 5 },
  { megabits: 10, chunkMiB: 64 },
];

const command = new Command('test:slow')
  .description('Measures how much of the rate of a slow connection arrives as stored chunks.')
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
  const [shapings, results, late] = await Promise.all([
    Promise.all([...new Set(cases.map(({ megabits }) => megabits))].map(checkShaping)),
    Promise.all(cases.map((one) => measureCase(one, film, folder))),
    measureLateReplies(folder),
  ]);
  const checks = createChecks();
  for (const { megabits, share } of shapings) {
    checks.check(
      `a plain upload through the line of ${megabits} Mbit/s reaches its rate`,
      Math.abs(share - 1) <= shapingTolerance,
      percent(share),
    );
  }
  console.log(`\n${tableOf(cases, results)}\n`);
  for (const [index, { megabits, chunkMiB }] of cases.entries()) {
    const { storedBytes, lineBytes, endedEarly } = results[index] as Measured;
    const share = storedBytes / lineBytes;
    checks.check(
      `${megabits} Mbit/s in chunks of ${chunkMiB} MiB stores at least ${percent(leastShare)} of the line`,
      share >= leastShare && endedEarly === undefined,
      endedEarly ?? percent(share),
    );
  }
  const { puts, chunks, ended } = late;
  checks.check(
    `an upload host that answers ${flags.lateReply} s late gets every chunk once`,
    ended === 0 && puts === chunks,
    `${puts} PUTs for ${chunks} chunks, exit code ${ended}`,
  );
  return checks.end();
}

function chosenCases(): readonly Case[] {
  const { rate, chunk } = flags;
  const fits = issueCases.filter(
    ({ megabits, chunkMiB }) => (rate ?? megabits) === megabits && (chunk ?? chunkMiB) === chunkMiB,
  );
  return fits.length > 0 ? fits : [{ megabits: rate ?? 10, chunkMiB: chunk ?? 5 }];
}

/** Measures the rate of the line itself with a plain upload over four connections. */
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

/** Resolves at the first call: the start time of the process is not measured. */
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
  // The bytes of an abandoned PUT remain in the kernel and still fill the line.
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

/** Returns the first successful PUT of each chunk. */
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

/** Transfers a short film to a host with late replies, in real time and without a line. */
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
  throw new InvalidArgumentError('must be a number above zero');
}
