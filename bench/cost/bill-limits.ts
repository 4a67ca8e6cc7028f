import type { Limit } from '../plan/measures.ts';

/** The most dollars a TB apart from egress, by bill. */
export const billLimits: Readonly<Record<string, Limit>> = {
  '4 GiB in 5 MiB chunks': { rule: 'at most', value: 0.6 },
  '4 GiB in 16 MiB chunks': { rule: 'at most', value: 0.45 },
};
