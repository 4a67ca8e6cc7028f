import { type Command, Option } from 'commander';
import {
  defaultActiveTransfers,
  defaultSendConcurrency,
  maxMapConcurrency,
  maxSlots,
} from '#src/core/limits/limits.ts';
import { parseWhole } from '../options.ts';
import { type HostPlace, hostPlaces } from './estimate.ts';
import { pricedRegion } from './priced-region.ts';

/** The options of `chunkferry estimate`. */
export interface EstimateFlags {
  readonly destination: string;
  readonly bytes?: string;
  readonly objects?: number;
  readonly chunkSize?: string;
  readonly profile?: string;
  readonly region?: string;
  readonly hostRegion?: HostPlace;
  readonly active: number;
  readonly map: number;
  readonly senders: number;
  readonly json?: boolean;
}

const mapByDefault = Math.floor(defaultSendConcurrency / defaultActiveTransfers);

/** Adds the options that say what is moved, and where. */
export function addLoadOptions(command: Command): Command {
  return command
    .argument('[source]', 's3://bucket/prefix, to list its objects')
    .option('--bytes <size>', 'bytes of all objects: 3TB, 500GiB')
    .option('--objects <number>', 'number of objects', parseWhole(1, 100_000_000))
    .option('--chunk-size <size>', 'size of the chunks (default: as the destination has them)')
    .option('--profile <name>', 'AWS profile for the list (default: as the AWS CLI finds it)')
    .option(
      '--region <region>',
      `Region whose prices count; only ${pricedRegion} is known (default: of the bucket, or ${pricedRegion})`,
    );
}

/** Adds the options with the place of the upload host and the bounds of the stack. */
export function addStackBounds(command: Command): Command {
  const host = new Option(
    '--host-region <place>',
    'where the upload host is, as seen from the stack (default: the bill is a range)',
  ).choices(hostPlaces);
  const [slots, map] = [parseWhole(1, maxSlots), parseWhole(1, maxMapConcurrency)];
  return command
    .addOption(host)
    .option('--active <number>', 'maxActiveTransfers', slots, defaultActiveTransfers)
    .option('--map <number>', 'mapConcurrency', map, mapByDefault)
    .option(
      '--senders <number>',
      'maxSendConcurrency',
      parseWhole(1, 1000),
      defaultSendConcurrency,
    );
}
