import prices from '#local/prices/prices.json' with { type: 'json' };
import { CommandError } from '../command-error.ts';
import type { Load } from './load.ts';

/** The Region whose prices are known. */
export const pricedRegion = prices.stateTransition.region;

/** @throws CommandError - the prices of the Region of the stack are not known */
export function assertPriced(
  source: string | undefined,
  region: string | undefined,
  load: Load,
): void {
  const found = region ?? load.region;
  if (found === pricedRegion) return;
  const step = `Use --region ${pricedRegion} to estimate with its prices.`;
  throw new CommandError(
    'usage',
    found === undefined
      ? `Unknown Region of the bucket in ${JSON.stringify(source)}: S3 does not name it, and prices differ by Region. ${step}`
      : `Unlisted Region ${JSON.stringify(found)}${region === undefined ? ' of the bucket' : ''}: prices are known for ${pricedRegion} only. ${step}`,
  );
}
