import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Place, Row } from '../plan/rows.ts';
import { createFilm, type FilmFile } from '../processes/films.ts';
import { hasOpenssl, makeIdentity, trustOf } from '../processes/identity.ts';
import { type Servers, startServers } from '../processes/servers.ts';
import type { RowOutcome } from '../report/tables.ts';
import { findTool, type GoToolName } from '../rivals/go-tools.ts';
import { startS3Servers } from '../rivals/s3-servers.ts';
import { hasCurl, type RowRuns, runRow } from './run-row.ts';
import { summarizeRow } from './summary.ts';

export interface RowsOptions {
  readonly directory: string;
  /** The folder of the programs of others. */
  readonly tools: string;
  readonly runs: number;
  /** Bytes that each new process moves unmeasured. */
  readonly warmUpBytes: number;
  readonly print: (line: string) => void;
}

export interface RowsResult {
  readonly outcomes: readonly RowOutcome[];
  /** The runs of the rows that ran, by row. */
  readonly runs: Readonly<Record<string, RowRuns>>;
}

/** The servers of a place and the programs that its movers need; or why they cannot be had. */
type OpenPlace =
  | { readonly servers: Servers; readonly rclone?: string }
  | { readonly notRun: string };

/** Runs rows one after another. A row whose programs this machine lacks is not run, and says why. */
export async function runRows(rows: readonly Row[], options: RowsOptions): Promise<RowsResult> {
  const films = await createFilms(rows, options);
  const isCurlInstalled = await hasCurl();
  const outcomes: RowOutcome[] = [];
  const runs: Record<string, RowRuns> = {};
  for (const [place, placed] of Map.groupBy(rows, (row) => row.place)) {
    const opened = await openPlace(place, options);
    if ('notRun' in opened) {
      outcomes.push(...placed.map((row) => ({ row, notRun: opened.notRun })));
      continue;
    }
    try {
      for (const planned of placed) {
        const row = isCurlInstalled ? planned : withoutCurl(planned, options.print);
        options.print(`${row.id}: ${row.title}`);
        const rowRuns = await runRow(settingsOf(opened, films, row, options), row);
        runs[row.id] = rowRuns;
        outcomes.push({ row, summary: summarizeRow(row, rowRuns) });
      }
    } finally {
      await opened.servers.close();
    }
  }
  return { outcomes, runs };
}

async function createFilms(
  rows: readonly Row[],
  { directory, warmUpBytes, print }: RowsOptions,
): Promise<ReadonlyMap<number, FilmFile>> {
  print('Creating the test objects.');
  const films = new Map<number, FilmFile>();
  for (const size of new Set([warmUpBytes, ...rows.map(({ sizeBytes }) => sizeBytes)]))
    films.set(size, await createFilm(directory, size));
  return films;
}

function settingsOf(
  { servers, rclone }: Exclude<OpenPlace, { notRun: string }>,
  films: ReadonlyMap<number, FilmFile>,
  { sizeBytes }: Row,
  { warmUpBytes, directory, runs, print }: RowsOptions,
) {
  const film = films.get(sizeBytes) as FilmFile;
  const warmUp = films.get(warmUpBytes) as FilmFile;
  return { servers, warmUp, film, directory, runs, rclone, print };
}

async function openPlace(place: Place, options: RowsOptions): Promise<OpenPlace> {
  if (place === 'local') return { servers: await startServers() };
  return place === 'tls' ? openTls(options) : openS3(options);
}

async function openTls({ directory }: RowsOptions): Promise<OpenPlace> {
  if (!hasOpenssl()) return { notRun: 'openssl is not installed' };
  const identity = join(directory, 'identity');
  await mkdir(identity);
  makeIdentity(identity);
  return { servers: await startServers({ identity, environment: trustOf(identity) }) };
}

async function openS3({ directory, tools, print }: RowsOptions): Promise<OpenPlace> {
  const paths: Partial<Record<GoToolName, string>> = {};
  for (const name of ['versitygw', 'rclone'] as const) {
    const found = await findTool(name, tools, print);
    if ('missing' in found) return { notRun: found.missing };
    paths[name] = found.path;
  }
  const { versitygw = '', rclone = '' } = paths;
  return { servers: await startS3Servers(versitygw, directory), rclone };
}

function withoutCurl(row: Row, print: (line: string) => void): Row {
  const movers = row.movers.filter((mover) => !mover.startsWith('curl'));
  if (movers.length < row.movers.length)
    print('Not run: the curl pipeline. It needs curl, md5sum and bash 4.');
  return { ...row, movers };
}
