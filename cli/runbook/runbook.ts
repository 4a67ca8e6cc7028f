import entries from './errors.json' with { type: 'json' };
import type { RunbookEntry } from './read-page.ts';

/** Returns what the runbook (`docs/operations.md`) says about an error of a deployed stack. */
export function runbookEntry(error: string): RunbookEntry {
  const known: Readonly<Record<string, RunbookEntry>> = entries;
  return known[error] ?? fromPlatform;
}

const fromPlatform: RunbookEntry = {
  cause: 'The platform ended the function or the execution.',
  check: 'The execution in the Step Functions console.',
  do: 'Retry.',
};
