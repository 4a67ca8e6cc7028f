import { seededRandom } from '#local/simulators/randomness.ts';
import type { Random } from '#src/core/ports/clock.ts';

/** All random draws of one run, from one seed. */
export interface Chance {
  readonly random: Random;
  /** Returns true with the given probability. */
  hits(probability: number): boolean;
  /** Returns a whole number; both limits are included. */
  between(least: number, most: number): number;
  pick<T>(list: readonly T[]): T;
}

export function chanceOf(seed: number): Chance {
  const random = seededRandom(Math.imul(seed + 1, 0x9e3779b1));
  const between = (least: number, most: number) =>
    least + Math.floor(random() * (most - least + 1));
  return {
    random,
    hits: (probability) => random() < probability,
    between,
    pick: (list) => list[between(0, list.length - 1)] as (typeof list)[number],
  };
}
