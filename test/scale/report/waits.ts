import type { ScaleReport } from '../run/run-scale.ts';

/** Seconds from arrival to ready. */
export interface TimesToReady {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly most: number;
}

export function timesToReady({ journal }: ScaleReport): TimesToReady {
  const { arrivedAt, readyAt } = journal;
  const seconds = readyAt.map((at, index) => (at - (arrivedAt[index] ?? 0)) / 1000).sort();
  const at = (share: number) => seconds[Math.ceil(share * seconds.length) - 1] ?? Number.NaN;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), most: at(1) };
}

/** The waits of all objects compared with their fair waits. */
export interface Fairness {
  /** The worst wait, divided by (position + slots) / throughput: the transfers in slots are ahead too. */
  readonly worst: number;
  /** The worst wait, divided by position / throughput, of the positions above the number of slots. */
  readonly worstByPosition: number;
  /** Objects that found no free slot. */
  readonly queued: number;
}

/**
 * Compares each wait, from arrival to slot, with the fair wait: the queue position that the product
 * reported, divided by the throughput of the load. The first positions wait for the transfers that are in
 * slots already, so these are ahead of them as well.
 */
export function fairnessOf({ journal, settings, throughput }: ScaleReport): Fairness {
  const slots = settings.maxActiveTransfers;
  const { arrivedAt, slotAt, position } = journal;
  let [worst, worstByPosition, queued] = [0, 0, 0];
  for (const [index, place] of position.entries()) {
    const waited = ((slotAt[index] ?? 0) - (arrivedAt[index] ?? 0)) / 1000;
    worst = Math.max(worst, waited / ((place + slots) / throughput));
    if (place > slots) worstByPosition = Math.max(worstByPosition, waited / (place / throughput));
    if (place > 0) queued++;
  }
  return { worst, worstByPosition, queued };
}
