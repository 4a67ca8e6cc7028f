import { Command, Option } from 'commander';
import { formatBytes, parseSize } from '#local/terminal/size.ts';
import {
  defaultActiveTransfers,
  defaultSendConcurrency,
  defaultSendTimeoutMs,
  maxChunksPerSession,
  maxMapConcurrency,
  maxSlots,
} from '#src/core/limits/limits.ts';
import prices from '#src/core/prices/prices.json' with { type: 'json' };
import { countRanges } from '#src/core/transfer/chunk-plan.ts';
import { CommandError } from '../command-error.ts';
import { type Context, jsonResult, note, result } from '../context.ts';
import {
  averageChunks,
  type Estimate,
  estimate,
  type HostPlace,
  hostPlaces,
  type Workload,
} from '../estimate/estimate.ts';
import { sizeLimit } from '../estimate/size-limit.ts';
import { sumObjects } from '../estimate/sum-objects.ts';
import type { Ending } from '../exit-codes.ts';
import { addExamples, addJsonOption, parseWhole } from '../options.ts';
import { type Column, tableOf } from '../output/table.ts';
import { counted, longText } from '../output/words.ts';
import type { CreateCommand } from './registry.ts';

interface Flags {
  readonly bytes?: string;
  readonly objects?: number;
  readonly chunkSize: string;
  readonly profile?: string;
  readonly region?: string;
  readonly hostRegion?: HostPlace;
  readonly active: number;
  readonly map: number;
  readonly senders: number;
  readonly json?: boolean;
}

const columns: readonly Column[] = [
  { title: 'LINE', importance: 0, isFlexible: true },
  { title: 'UNITS', importance: 2, align: 'right' },
  { title: 'DOLLARS', importance: 0, align: 'right' },
  { title: 'PRICE AS OF', importance: 1 },
];

const pricedRegion = prices.stateTransition.region;
const mapByDefault = Math.floor(defaultSendConcurrency / defaultActiveTransfers);

/** Creates `chunkferry estimate`. */
export const estimateCommand: CreateCommand = (context, onEnd) => {
  const command = new Command()
    .description(
      'Estimates the bill, by line, and the time before anything moves: for --bytes and --objects without a call, or for the objects under an S3 prefix, which are listed. The prices are those of AWS pages on the printed dates, never verified against the price list of AWS.',
    )
    .argument('[source]', 's3://bucket/prefix, to list its objects')
    .option('--bytes <size>', 'bytes of all objects: 3TB, 500GiB')
    .option('--objects <number>', 'number of objects', parseWhole(1, 100_000_000))
    .option('--chunk-size <size>', 'size of the chunks that the service chooses', '5MiB')
    .option('--profile <name>', 'AWS profile for the list (default: as the AWS CLI finds it)')
    .option('--region <region>', `Region of the stack (default: of the bucket, or ${pricedRegion})`)
    .addOption(
      new Option(
        '--host-region <place>',
        'where the upload host is, as seen from the stack (default: the bill is a range)',
      ).choices(hostPlaces),
    )
    .option(
      '--active <number>',
      'maxActiveTransfers',
      parseWhole(1, maxSlots),
      defaultActiveTransfers,
    )
    .option('--map <number>', 'mapConcurrency', parseWhole(1, maxMapConcurrency), mapByDefault)
    .option('--senders <number>', 'maxSendConcurrency', parseWhole(1, 1000), defaultSendConcurrency)
    .action(async (source: string | undefined, flags: Flags) =>
      onEnd(await run(source, flags, context)),
    );
  addJsonOption(command);
  return addExamples(command, [
    ['estimate --bytes 3TB --objects 2000', 'an archive of 3 TB'],
    ['estimate s3://my-videos/archive/', 'the objects under a prefix'],
    ['estimate --bytes 3TB --objects 2000 --host-region other', 'into a host in another Region'],
  ]);
};

async function run(source: string | undefined, flags: Flags, context: Context): Promise<Ending> {
  const load = await loadOf(source, flags, context);
  const region = flags.region ?? load.region;
  if (region === undefined)
    throw new CommandError(
      'usage',
      `Unknown Region of the bucket in ${JSON.stringify(source)}: S3 does not name it, and prices differ by Region. Use --region ${pricedRegion} to estimate with its prices.`,
    );
  if (region !== pricedRegion)
    throw new CommandError(
      'usage',
      `Unlisted Region ${JSON.stringify(region)}${flags.region === undefined ? ' of the bucket' : ''}: prices are known for ${pricedRegion} only. Use --region ${pricedRegion} to estimate with its prices.`,
    );
  const workload = workloadOf(load, flags);
  noteLargeAverage(workload, context);
  const found = estimate(workload, flags.hostRegion);
  if (flags.json)
    jsonResult(context, { version: 1, region: pricedRegion, ...workload, ...found, prices });
  else print(found, workload, context);
  return 'done';
}

/** What is to be moved. */
interface Load {
  readonly bytes: number;
  readonly objects: number;
  /** The Region of the bucket, if it is known. */
  readonly region?: string | undefined;
}

async function loadOf(source: string | undefined, flags: Flags, context: Context): Promise<Load> {
  const { bytes, objects } = flags;
  const isGiven = bytes !== undefined && objects !== undefined;
  if (source !== undefined && bytes === undefined && objects === undefined)
    return listedLoad(source, flags, context);
  if (source === undefined && isGiven) {
    return { bytes: parseSize(bytes, '--bytes'), objects, region: pricedRegion };
  }
  throw new CommandError(
    'usage',
    'Invalid call of estimate: it needs either s3://bucket/prefix, or --bytes and --objects.',
  );
}

/** Objects between two lines about the progress of the list. */
const listedPerLine = 50_000;

async function listedLoad(source: string, flags: Flags, context: Context): Promise<Load> {
  let next = listedPerLine;
  const limit = sizeLimit(parseSize(flags.chunkSize, '--chunk-size'), context.env);
  const listed = await sumObjects(source, flags, context.env, limit.mostBytes, (count) => {
    if (count < next) return;
    next = count + listedPerLine;
    note(context, `${counted(count, 'object')} listed so far.`);
  });
  const { archived, otherTypes, tooLarge } = listed;
  if (archived > 0)
    note(
      context,
      `${counted(archived, 'object')} archived: restore before the transfer. The price of the restore is not in the bill.`,
    );
  if (otherTypes > 0)
    note(
      context,
      `${counted(otherTypes, 'object')} counted whose extension is of no video, audio or image.`,
    );
  if (tooLarge > 0)
    note(
      context,
      `${counted(tooLarge, 'object')} counted that cannot be moved: larger than ${limit.service} or an upload session takes.`,
    );
  return listed;
}

function workloadOf({ bytes, objects }: Load, { chunkSize, active, map, senders }: Flags) {
  const workload = {
    bytes,
    objects,
    chunkSizeBytes: parseSize(chunkSize, '--chunk-size'),
    activeTransfers: active,
    mapConcurrency: map,
    senders,
  };
  const totalChunks = averageChunks(workload);
  if (totalChunks > maxChunksPerSession)
    throw new CommandError(
      'usage',
      `Too large: one object of ${formatBytes(bytes / objects)} has ${counted(totalChunks, 'chunk')}, and an upload session has at most ${maxChunksPerSession.toLocaleString('en-US')}. Use more --objects, or a larger --chunk-size.`,
    );
  const bounds = { rangesAtOnce: map, sendTimeoutMs: defaultSendTimeoutMs };
  return { ...workload, ranges: countRanges({ ...workload, totalChunks }, bounds) };
}

/** Notes before the bill that the service does not take an object of average size. */
function noteLargeAverage(
  { bytes, objects, chunkSizeBytes }: Omit<Workload, 'ranges'>,
  context: Context,
): void {
  const { service, mostBytes } = sizeLimit(chunkSizeBytes, context.env);
  const most = mostBytes('film.mp4');
  if (bytes / objects > most)
    note(
      context,
      `An object of ${formatBytes(bytes / objects)} cannot be moved: ${service} takes ${formatBytes(most)} at most. The bill is that of a service without this limit.`,
    );
}

function print(
  found: Estimate,
  { bytes, objects }: { bytes: number; objects: number },
  context: Context,
) {
  const { stdout } = context.io;
  const { lines, dollars, traffic, seconds } = found;
  const rows = lines.map(({ name, quantity, price, dollars: cost }) => [
    name,
    quantity.toLocaleString('en-US', { maximumFractionDigits: quantity < 100 ? 2 : 0 }),
    cost.toFixed(2),
    `${prices[price].date} ${prices[price].source}`,
  ]);
  const { date, source } = prices.egressInternetGb;
  rows.push(['traffic out of the Region', '', rangeText(traffic), `${date} ${source}`]);
  const all = { least: dollars + traffic.least, most: dollars + traffic.most };
  rows.push(['sum', '', rangeText(all), '']);
  note(context, `${counted(objects, 'object')}, ${formatBytes(bytes)}, ${pricedRegion}.`);
  result(context, tableOf(columns, rows, stdout));
  result(context, `Time: ${longText(seconds.least * 1000)} to ${longText(seconds.most * 1000)}.`);
  note(context, 'The prices were never verified against the price list of AWS.');
}

function rangeText({ least, most }: { least: number; most: number }): string {
  return least === most ? most.toFixed(2) : `${least.toFixed(2)} to ${most.toFixed(2)}`;
}
