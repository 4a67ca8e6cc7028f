import * as vitest from 'vitest';

type Work = () => void | Promise<void>;

/** One behaviour that a suite requires of a destination. */
export interface Behaviour {
  readonly title: string;
  readonly run: Work;
}

/** The list that collects behaviours. Without it, they become tests. */
let collected: Behaviour[] | undefined;

/** As vitest's `describe`, also for `behavioursOf`. */
export function describe(title: string, define: () => void): void {
  if (collected) define();
  else vitest.describe(title, define);
}

/** As vitest's `it`, also for `behavioursOf`. */
export function it(title: string, run: Work): void {
  if (collected) collected.push({ title, run });
  else vitest.it(title, run);
}

/** Returns what a suite requires, without defining a test: a test of the suite runs it with a faulty adapter. */
export function behavioursOf(define: () => void): readonly Behaviour[] {
  const list: Behaviour[] = [];
  collected = list;
  try {
    define();
  } finally {
    collected = undefined;
  }
  return list;
}
