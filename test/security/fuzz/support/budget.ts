/**
 * The number of inputs of each kind in `npm run test:deep`: more than 10,000 in total. `npm test` tries
 * the first fifth of them. `rejectedShare` is the minimum share of named errors. It detects a generator of
 * only valid inputs.
 */
export const budget = {
  events: { runs: 2_400, rejectedShare: 0.5 },
  'plain inputs': { runs: 2_000, rejectedShare: 0.5 },
  'recorded states': { runs: 1_750, rejectedShare: 0.4 },
  'service replies': { runs: 2_400, rejectedShare: 0.45 },
  'service replies met by a step': { runs: 600, rejectedShare: 0.25 },
  'replies of SelfCommunity': { runs: 800, rejectedShare: 0.2 },
  'reply headers': { runs: 900, rejectedShare: 0.3 },
  'raw replies': { runs: 500, rejectedShare: 0.3 },
  "S3's ranged reads": { runs: 600, rejectedShare: 0.3 },
  "reconciler's events": { runs: 1_000, rejectedShare: 0.3 },
  'replies of Seven Bridges': { runs: 500, rejectedShare: 0.25 },
  'whole executions': { runs: 300, rejectedShare: 0.5 },
} as const satisfies Record<string, { readonly runs: number; readonly rejectedShare: number }>;

export type Kind = keyof typeof budget;

const isDeep = process.env.FUZZ_INPUTS === 'all';

/** Returns the number of inputs of a kind in this run. */
export function runsOf(kind: Kind): number {
  return isDeep ? budget[kind].runs : budget[kind].runs / 5;
}
