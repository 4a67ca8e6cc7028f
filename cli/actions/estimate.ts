import prices from '#local/prices/prices.json' with { type: 'json' };
import { type Context, printJson } from '../context.ts';
import { estimate } from '../estimate/estimate.ts';
import type { EstimateFlags } from '../estimate/estimate-flags.ts';
import { estimatedDestination } from '../estimate/estimated-destination.ts';
import { readLoad } from '../estimate/load.ts';
import { assertPriced, pricedRegion } from '../estimate/priced-region.ts';
import { printBill } from '../estimate/print-bill.ts';
import { planWorkload } from '../estimate/workload.ts';
import type { Ending } from '../exit-codes.ts';

export async function run(
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
  if (flags.json) printJson(context, { version: 1, ...place, ...workload, ...found, prices });
  else printBill(found, workload, context);
  return 'done';
}
