import { afterAll, beforeAll, expect, it } from 'vitest';
import { seededRandom } from '#local/simulators/randomness.ts';
import { isProven } from '#src/core/transfer/upload-rows.ts';
import { type Film, inputOf, openWireHarness, type WireHarness } from '../harness/wire-harness.ts';
import { type JobResult, type KillableRuns, openKillableRuns } from './support/killable-runs.ts';

const chunks = 4;
/** Kills of a process, spread over a run. */
const kills = 60;
const timeFactor = 20;
/** Chains of child processes that run at once. Each child first finishes the film of the child before it. */
const chains = 3;

let harness: WireHarness;
let runs: KillableRuns;

/** A killed run: its film, and the chunks that had a proof. */
interface KilledRun {
  readonly film: Film;
  readonly killAt: number;
  /** PUTs of every chunk with a durable proof at that time, by upload and chunk. */
  readonly sent: ReadonlyMap<string, number>;
}

/** Returns the number of promise continuations of a run in a warm process. */
async function continuationsOfRun(): Promise<number> {
  const [first, second] = [harness.put(chunks), harness.put(chunks)];
  const { started, continuations = 0 } = await runs.run({
    finish: inputOf(first),
    start: inputOf(second),
  });
  expect(started).toMatchObject({ status: 'SUCCEEDED', output: { status: 'ready' } });
  return continuations;
}

/** The share of continuations that every run reaches: runs differ slightly by network fragmentation. */
const reachedShare = 0.95;

/** Returns one random continuation in each of equal sections of a run. */
function spread(continuations: number): number[] {
  const random = seededRandom(1);
  const section = (continuations * reachedShare) / kills;
  return Array.from({ length: kills }, (_, i) => Math.ceil((i + random()) * section));
}

/** Runs a chain: each child finishes the film before it and is killed during its own. */
async function runChain(killPoints: readonly number[]): Promise<string[]> {
  const broken: string[] = [];
  let killed: KilledRun | undefined;
  for (const killAt of killPoints) {
    const film = harness.put(chunks);
    const result = await runs.run({
      ...(killed && { finish: inputOf(killed.film) }),
      start: inputOf(film),
      killAt,
    });
    if (result.signal !== 'SIGKILL') broken.push(`continuation ${killAt} was not reached`);
    if (killed) broken.push(...(await brokenPromises(killed, result)));
    killed = { film, killAt, sent: await provenSends(film) };
  }
  if (!killed) return broken;
  const last = await runs.run({ finish: inputOf(killed.film) });
  return [...broken, ...(await brokenPromises(killed, last))];
}

type Row = Readonly<Record<string, unknown>>;

async function rowsOf({ key }: Film): Promise<Row[]> {
  const rows: Row[] = await harness.rows();
  const transfer = rows.find(
    ({ row, source }) => row === 'transfer' && (source as Row | undefined)?.key === key,
  );
  return rows.filter(({ transferId }) => transferId === transfer?.transferId);
}

/** Returns the PUTs of each chunk with a durable proof. */
async function provenSends(film: Film): Promise<Map<string, number>> {
  const rows = await rowsOf(film);
  const uploads = rows.filter(({ row }) => String(row).startsWith('session#'));
  const proven = rows.filter(
    (row) => String(row.row).startsWith('chunk#') && isProven(row as never),
  );
  return new Map(
    proven.map(({ row }) => {
      const [, session, index] = String(row).split('#');
      const upload = uploads.find((one) => one.row === `session#${session}`);
      const { uploadId } = (upload?.session ?? {}) as { uploadId?: string };
      return [`${uploadId}#${Number(index)}`, putsOf(`${uploadId}#${Number(index)}`)];
    }),
  );
}

function putsOf(chunk: string): number {
  const [uploadId = '', index] = chunk.split('#');
  return harness.service.calls.count('put', { uploadId, chunkIndex: Number(index) });
}

/** Returns the guarantees that do not hold after the film of a killed run was finished. */
async function brokenPromises(killed: KilledRun, { finished }: JobResult): Promise<string[]> {
  const { film, killAt, sent } = killed;
  const found: [holds: boolean, message: string][] = [];
  const output = (finished?.output ?? {}) as Row;
  const assets = harness.service.assets().filter(({ filename }) => filename === film.key);
  const [asset] = assets;
  found.push([assets.length === 1 && asset?.state === 'ready', `assets ${JSON.stringify(assets)}`]);
  const sha256 = asset && (await harness.service.storedSha256(asset.assetId));
  found.push([sha256 === film.sha256, 'other bytes']);
  const succeeded = finished?.status === 'SUCCEEDED' && output.assetId === asset?.assetId;
  found.push([succeeded, `it ended ${JSON.stringify(finished)}`]);
  for (const [chunk, puts] of sent) found.push([putsOf(chunk) === puts, `${chunk} was sent again`]);
  const types = harness.events(film.key).map(({ type }) => type);
  const isPublished = types.length >= 1 && types.length <= 2;
  found.push([isPublished && types.every((type) => type === 'Transfer Ready'), `events ${types}`]);
  found.push(...checkRows(await rowsOf(film)));
  return found
    .filter(([holds]) => !holds)
    .map(([, message]) => `continuation ${killAt}, ${film.key}: ${message}`);
}

/** Checks the rows. Further session rows may stay `opening`: their call died before it got a session. */
function checkRows(rows: readonly Row[]): [boolean, string][] {
  const [transfer, ...others] = rows.filter(({ row }) => row === 'transfer');
  const number = String(transfer?.sessionNumber).padStart(4, '0');
  const session = rows.find(({ row }) => row === `session#${number}`);
  return [
    [others.length === 0 && transfer?.state === 'ready', 'the transfer is not ready'],
    [transfer?.unpublished === undefined, 'its outcome is not marked as published'],
    [session?.state === 'open', `its session is ${session?.state}`],
  ];
}

beforeAll(async () => {
  harness = await openWireHarness({ timeFactor, table: 'dynamodb' });
  runs = await openKillableRuns(harness.pipeline.machine, timeFactor);
});

afterAll(async () => {
  await runs.close();
  await harness.close();
});

it('resumes in the next process after a kill between any two awaits', async () => {
  const continuations = await continuationsOfRun();
  const killPoints = spread(continuations);
  const byChain = Array.from({ length: chains }, (_, chain) =>
    killPoints.filter((_point, i) => i % chains === chain),
  );
  const broken = await Promise.all(byChain.map(runChain));
  console.log(`killed at ${killPoints.join(' ')} of ${continuations} continuations`);
  expect(broken.flat()).toEqual([]);
  const rows: Row[] = await harness.rows();
  const leftovers = rows.filter(({ row }) => /^(slot|ticket)#/.test(String(row)));
  expect(leftovers).toEqual([]);
});
