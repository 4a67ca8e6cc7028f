import { createHash } from 'node:crypto';
import { startOfTime } from './virtual-time.ts';

const linesKept = 4_000;

/** Lambda's request ids are the one thing that no seed decides; nothing depends on their order. */
const requestIds = /\b[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}\b/g;

/** What happened in one run, line by line; all of it is in the digest, the last lines can be read. */
export interface Trace {
  note(who: string, what: string): void;
  last(count: number): readonly string[];
  /** The same for two runs in which the same things happened at the same times. */
  digest(): string;
}

export function openTrace(): Trace {
  const hash = createHash('sha256');
  const lines: string[] = [];
  return {
    note(who, what) {
      const line = `${((Date.now() - startOfTime) / 1000).toFixed(3)} ${who} ${what.replace(requestIds, 'request')}`;
      hash.update(line);
      if (!isRoutine(who, what)) lines.push(line);
      if (lines.length > linesKept * 2) lines.splice(0, linesKept);
    },
    last: (count) => lines.slice(-count),
    digest: () => hash.copy().digest('hex'),
  };
}

/** Sweeps go on long after all is over; they are in the digest and not to be read. */
function isRoutine(who: string, what: string): boolean {
  return who.startsWith('Reconcile') && /^(store|turns|http)/.test(what);
}
