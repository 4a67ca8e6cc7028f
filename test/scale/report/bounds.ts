import { serviceLimits } from '#local/state-machine/definition/service-limits.ts';
import { maxMapConcurrency, maxStartsPerSecond } from '#src/core/limits/limits.ts';
import type { Peak } from '../model/units.ts';
import type { ScaleReport } from '../run/run-scale.ts';
import { constantMeasures, type Measure } from './measures.ts';
import { fairnessOf } from './waits.ts';

/** How far a number of one load may differ from that of the largest load. */
export const tolerance = 0.05;

/**
 * Objects for each slot that a load needs before its numbers are compared. The first objects find a free
 * slot and never queue, and as many are last: with ten objects for each slot, a fifth of the load takes
 * another path than the rest.
 */
export const leastObjectsPerSlot = 100;

/** How often its fair wait an object may wait. */
export const mostFairWaits = 2;

export interface CheckedBound {
  readonly name: string;
  readonly isHeld: boolean;
  readonly found: string;
}

/** Something that a load may have at once, with its bound. */
export interface PeakBound {
  readonly name: string;
  readonly peak: Peak;
  readonly bound: number;
}

export function peakBounds({ peaks, settings }: ScaleReport): readonly PeakBound[] {
  const { maxActiveTransfers, maxSendConcurrency, mapConcurrency, chunksInFlight } = settings;
  const ranges = Math.min(mapConcurrency, maxMapConcurrency);
  return [
    { name: 'slots in use', peak: peaks.slots, bound: maxActiveTransfers },
    { name: 'sessions without complete bytes', peak: peaks.sessions, bound: maxActiveTransfers },
    { name: 'calls of SendChunks', peak: peaks.sends, bound: maxSendConcurrency },
    { name: 'ranges of one transfer', peak: peaks.rangesOfOneMap, bound: ranges },
    { name: 'chunks in flight of one call', peak: peaks.chunksOfOneCall, bound: chunksInFlight },
    { name: 'starts in one second', peak: peaks.startsPerSecond, bound: maxStartsPerSecond },
    { name: 'bytes of one payload', peak: peaks.payloadBytes, bound: serviceLimits.payloadBytes },
  ];
}

/** Checks the bounds of all loads, the largest load last. */
export function checkBounds(reports: readonly ScaleReport[]): CheckedBound[] {
  const compared = reports.filter(fillsItsSlots);
  return [
    ...reports.flatMap(checkLoad),
    ...constantMeasures.map((one) => checkConstant(one, compared)),
  ];
}

function fillsItsSlots({ load, settings }: ScaleReport): boolean {
  return load.objects >= leastObjectsPerSlot * settings.maxActiveTransfers;
}

function checkLoad(report: ScaleReport): CheckedBound[] {
  const name = (what: string) => `${report.load.objects.toLocaleString('en-US')} objects: ${what}`;
  return [checkEnd(report), ...checkPeaks(report), ...checkWaits(report)].map((bound) => ({
    ...bound,
    name: name(bound.name),
  }));
}

function checkEnd({ load, journal, left }: ScaleReport): CheckedBound {
  const { ready, readyEvents } = journal;
  const isHeld = ready === load.objects && readyEvents === ready && left.tickets + left.slots === 0;
  const found = `${ready} ready, ${readyEvents} events, ${left.tickets} tickets and ${left.slots} slots left`;
  return { name: 'every object is ready once', isHeld, found };
}

function checkPeaks(report: ScaleReport): CheckedBound[] {
  return peakBounds(report).map(({ name, peak, bound }) => ({
    name: `never too many ${name}`,
    isHeld: peak.most <= bound,
    found: `${peak.most} at most, ${bound} allowed`,
  }));
}

function checkWaits(report: ScaleReport): CheckedBound[] {
  const { worst, worstByPosition } = fairnessOf(report);
  const check = (name: string, ratio: number) => ({
    name,
    isHeld: ratio <= mostFairWaits,
    found: `${ratio.toFixed(2)} times at worst, ${mostFairWaits} allowed`,
  });
  return [
    check('no wait exceeds its fair wait', worst),
    check('nor the fair wait of its position alone, above the slots', worstByPosition),
  ];
}

const notCompared = `not compared: fewer than two loads have ${leastObjectsPerSlot} objects for each slot`;

function checkConstant(
  { name, of, digits }: Measure,
  reports: readonly ScaleReport[],
): CheckedBound {
  const values = reports.map(of);
  if (values.length < 2) return { name: `constant: ${name}`, isHeld: true, found: notCompared };
  const last = values.at(-1) ?? Number.NaN;
  const isHeld = values.every((value) => Math.abs(value / last - 1) <= tolerance);
  const found = `${values.map((value) => value.toFixed(digits)).join(', ')} for each object`;
  return { name: `constant: ${name}`, isHeld, found };
}
