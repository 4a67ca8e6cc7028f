import { Command } from 'commander';
import { addDestinationOption } from '#local/commands/destination-options.ts';
import prices from '#src/core/prices/prices.json' with { type: 'json' };
import { type Context, jsonResult } from '../context.ts';
import { estimate } from '../estimate/estimate.ts';
import { addLoadOptions, addStackBounds, type EstimateFlags } from '../estimate/estimate-flags.ts';
import { estimatedDestination } from '../estimate/estimated-destination.ts';
import { readLoad } from '../estimate/load.ts';
import { assertPriced, pricedRegion } from '../estimate/priced-region.ts';
import { printBill } from '../estimate/print-bill.ts';
import { planWorkload } from '../estimate/workload.ts';
import type { Ending } from '../exit-codes.ts';
import { addExamples, addJsonOption } from '../options.ts';
import type { CreateCommand } from './registry.ts';

/** Creates `chunkferry estimate`. */
export const estimateCommand: CreateCommand = (context, onEnd) => {
  const command = new Command()
    .description(
      'Estimates the bill, by line, and the time before anything moves: for --bytes and --objects without a call, or for the objects under an S3 prefix, which are listed. The prices are those of AWS pages on the printed dates, never verified against the price list of AWS.',
    )
    .action(async (source: string | undefined, flags: EstimateFlags) =>
      onEnd(await run(source, flags, context)),
    );
  addJsonOption(addStackBounds(addDestinationOption(addLoadOptions(command))));
  return addExamples(command, [
    ['estimate --bytes 3TB --objects 2000', 'an archive of 3 TB'],
    ['estimate s3://my-videos/archive/', 'the objects under a prefix'],
    ['estimate --bytes 3TB --objects 2000 --host-region other', 'into a host in another Region'],
  ]);
};

async function run(
  source: string | undefined,
  flags: EstimateFlags,
  context: Context,
): Promise<Ending> {
  const destination = estimatedDestination(flags.destination, context.env);
  const load = await readLoad(source, flags, destination, context);
  assertPriced(source, flags.region, load);
  const workload = planWorkload(load, flags, destination, context);
  const found = estimate(workload, flags.hostRegion);
  const place = { region: pricedRegion, destination: flags.destination };
  if (flags.json) jsonResult(context, { version: 1, ...place, ...workload, ...found, prices });
  else printBill(found, workload, context);
  return 'done';
}
