import { afterAll, beforeAll, expect, it } from 'vitest';
import { seededRandom } from '#local/simulators/twelvelabs/settings/randomness.ts';
import { isProven } from '#src/core/transfer/transfer.ts';
import { type Film, inputOf, openWorld, type World } from '../harness/wire-harness.ts';
import { type MortalRuns, openMortalRuns, type Returned } from './support/killable-runs.ts';

const chunks = 4;
const points = 24;
const timeFactor = 20;
/** Runs at once, each a line of children of which every one first ends what the one before it left. */
const lines = 3;

let world: World;
let runs: MortalRuns;

beforeAll(async () => {
  world = await openWorld({ timeFactor });
  runs = await openMortalRuns(world.pipeline.machine, timeFactor);
});

afterAll(async () => {
  await runs.close();
  await world.close();
});

/** A film whose run was killed, and what was proven of it by then. */
interface Victim {
  readonly film: Film;
  readonly killAt: number;
  /** PUTs until then of every chunk with a durable proof, by upload and chunk. */
  readonly sent: ReadonlyMap<string, number>;
}

/** How many continuations a run has in a process that is warm. */
async function continuationsOfRun(): Promise<number> {
  const [first, second] = [world.put(chunks), world.put(chunks)];
  const { started, continuations = 0 } = await runs.send({
    finish: inputOf(first),
    start: inputOf(second),
  });
  expect(started).toMatchObject({ status: 'SUCCEEDED', output: { status: 'ready' } });
  return continuations;
}

/** Runs differ a little, by how the network cuts its data: in all of them so much of a run is reached. */
const reachedShare = 0.95;

/** One place in each of so many equal stretches of a run. */
function spread(continuations: number): number[] {
  const random = seededRandom(1);
  const stretch = (continuations * reachedShare) / points;
  return Array.from({ length: points }, (_, i) => Math.ceil((i + random()) * stretch));
}

/** Lets child after child end the film of the one before it and die of its own. */
async function runLine(places: readonly number[]): Promise<string[]> {
  const broken: string[] = [];
  let victim: Victim | undefined;
  for (const killAt of places) {
    const film = world.put(chunks);
    const returned = await runs.send({
      ...(victim && { finish: inputOf(victim.film) }),
      start: inputOf(film),
      killAt,
    });
    if (returned.signal !== 'SIGKILL') broken.push(`continuation ${killAt} was not reached`);
    if (victim) broken.push(...(await brokenPromises(victim, returned)));
    victim = { film, killAt, sent: await provenSends(film) };
  }
  if (!victim) return broken;
  const last = await runs.send({ finish: inputOf(victim.film) });
  return [...broken, ...(await brokenPromises(victim, last))];
}

type Row = Readonly<Record<string, unknown>>;

async function rowsOf({ key }: Film): Promise<Row[]> {
  const rows: Row[] = await world.rows();
  const transfer = rows.find(
    ({ row, source }) => row === 'transfer' && (source as Row | undefined)?.key === key,
  );
  return rows.filter(({ transferId }) => transferId === transfer?.transferId);
}

/** PUTs of each chunk that a durable row proves. */
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
  return world.service.calls.count('put', { uploadId, chunkIndex: Number(index) });
}

/** What the promise forbids and is so all the same once the film of a killed run was ended. */
async function brokenPromises(victim: Victim, { finished }: Returned): Promise<string[]> {
  const { film, killAt, sent } = victim;
  const found: [isStillHeld: boolean, otherwise: string][] = [];
  const output = (finished?.output ?? {}) as Row;
  const assets = world.service.assets().filter(({ filename }) => filename === film.key);
  const [asset] = assets;
  found.push([assets.length === 1 && asset?.state === 'ready', `assets ${JSON.stringify(assets)}`]);
  const sha256 = asset && (await world.service.storedSha256(asset.assetId));
  found.push([sha256 === film.sha256, 'other bytes']);
  const isWell = finished?.status === 'SUCCEEDED' && output.assetId === asset?.assetId;
  found.push([isWell, `it ended ${JSON.stringify(finished)}`]);
  for (const [chunk, puts] of sent) found.push([putsOf(chunk) === puts, `${chunk} was sent again`]);
  const told = world.events(film.key).map(({ type }) => type);
  const isTold = told.length >= 1 && told.length <= 2;
  found.push([isTold && told.every((type) => type === 'Transfer Ready'), `events ${told}`]);
  found.push(...judgeRows(await rowsOf(film)));
  return found
    .filter(([isStillHeld]) => !isStillHeld)
    .map(([, otherwise]) => `continuation ${killAt}, ${film.key}: ${otherwise}`);
}

/** A row that stays opening is allowed beside: its call died before it was the transfer's session. */
function judgeRows(rows: readonly Row[]): [boolean, string][] {
  const [transfer, ...others] = rows.filter(({ row }) => row === 'transfer');
  const number = String(transfer?.sessionNumber).padStart(4, '0');
  const session = rows.find(({ row }) => row === `session#${number}`);
  return [
    [others.length === 0 && transfer?.state === 'ready', 'the transfer is not ready'],
    [transfer?.unpublished === undefined, 'its outcome is not marked as told'],
    [session?.state === 'open', `its session is ${session?.state}`],
  ];
}

it('a process killed between any two awaits leaves what the next one needs', async () => {
  const continuations = await continuationsOfRun();
  const places = spread(continuations);
  const byLine = Array.from({ length: lines }, (_, line) =>
    places.filter((_place, i) => i % lines === line),
  );
  const broken = await Promise.all(byLine.map(runLine));
  console.log(`killed at ${places.join(' ')} of ${continuations} continuations`);
  expect(broken.flat()).toEqual([]);
  const rows: Row[] = await world.rows();
  const left = rows.filter(({ row }) => /^(slot|ticket)#/.test(String(row)));
  expect(left).toEqual([]);
});
