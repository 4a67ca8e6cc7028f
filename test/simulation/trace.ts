import { createHash } from 'node:crypto';
import { startOfTime } from '../harness/clock.ts';

const maxLines = 4_000;

/** Lambda's request ids are not seeded; no behaviour depends on them. */
const requestIds = /\b[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}\b/g;

const requestIdCharacters = 36;

/** Most lines are too short to name a request. */
const withoutRequestIds = (what: string) =>
  what.length < requestIdCharacters ? what : what.replace(requestIds, 'request');

/** Lines that one update of the hash covers: an update for each line takes longer than the hashing. */
const linesAtOnce = 500;

/** The trace of one run. The digest covers all lines; only the last lines are stored. */
export interface Trace {
  record(who: string, what: string): void;
  last(count: number): readonly string[];
  /** Returns a hash of all lines with their times: equal for identical runs. */
  digest(): string;
}

export function openTrace(): Trace {
  const hash = createHash('sha256');
  const lines: string[] = [];
  const waiting: string[] = [];
  const hashAll = () => hash.update(waiting.splice(0).join(''));
  return {
    record(who, what) {
      const line = `${((Date.now() - startOfTime) / 1000).toFixed(3)} ${who} ${withoutRequestIds(what)}`;
      if (waiting.push(line) === linesAtOnce) hashAll();
      if (!isRoutine(who, what)) lines.push(line);
      if (lines.length > maxLines * 2) lines.splice(0, maxLines);
    },
    last: (count) => lines.slice(-count),
    digest: () => {
      hashAll();
      return hash.copy().digest('hex');
    },
  };
}

/** Whether a line belongs to a routine sweep: it counts for the digest and is not stored. */
function isRoutine(who: string, what: string): boolean {
  return who.startsWith('Reconcile') && /^(store|queue|http)/.test(what);
}
